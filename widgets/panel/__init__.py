"""Settings as sliders and fields."""

from widgets.panel.param_panel import ParamPanel

__all__ = ["ParamPanel"]
