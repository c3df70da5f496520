"""The lab's widgets: plain ipywidgets, and anywidgets where the browser must act by itself. Never torch."""

from widgets.job_bar import JobBar
from widgets.mask_painter import MaskPainter
from widgets.param_panel import ParamPanel
from widgets.result_view import ResultView
from widgets.sketch_canvas import SketchCanvas
from widgets.studio import Studio

__all__ = ["JobBar", "MaskPainter", "ParamPanel", "ResultView", "SketchCanvas", "Studio"]
