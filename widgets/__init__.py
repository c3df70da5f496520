"""The lab's widgets: plain ipywidgets, and anywidgets where the browser must act by itself. Never torch."""

from widgets.control_preview import ControlPreview
from widgets.job_bar import JobBar
from widgets.mask_painter import MaskPainter
from widgets.param_panel import ParamPanel
from widgets.picture_canvas import PictureCanvas
from widgets.result_view import ResultView
from widgets.sketch_canvas import SketchCanvas
from widgets.studio import Studio

__all__ = [
    "ControlPreview",
    "JobBar",
    "MaskPainter",
    "ParamPanel",
    "PictureCanvas",
    "ResultView",
    "SketchCanvas",
    "Studio",
]
