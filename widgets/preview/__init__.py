"""Control maps, seen before they steer."""

from widgets.preview.control_preview import ControlPreview

__all__ = ["ControlPreview"]
