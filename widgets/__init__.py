"""The lab's widgets: plain ipywidgets, and anywidgets where the browser must act by itself. Never torch."""

from widgets.contact_sheet import ContactSheet
from widgets.control_preview import ControlPreview
from widgets.job_bar import JobBar
from widgets.mask_painter import MaskPainter
from widgets.param_panel import ParamPanel
from widgets.picture_canvas import PictureCanvas
from widgets.result_view import ResultView
from widgets.sketch_canvas import SketchCanvas
from widgets.step_scrubber import StepScrubber
from widgets.studio import Studio

__all__ = [
    "ContactSheet",
    "ControlPreview",
    "JobBar",
    "MaskPainter",
    "ParamPanel",
    "PictureCanvas",
    "ResultView",
    "SketchCanvas",
    "StepScrubber",
    "Studio",
]
