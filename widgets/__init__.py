"""The lab's widgets: plain ipywidgets, and anywidgets where the browser must act by itself. Never torch."""

from widgets.canvas import MaskPainter, PictureCanvas, SketchCanvas
from widgets.gallery import GalleryView
from widgets.panel import ParamPanel
from widgets.preview import ControlPreview
from widgets.studio import JobBar, Studio
from widgets.views import ImageGrid, ResultView, StepScrubber

ContactSheet = ImageGrid
"""What `ImageGrid` was called before."""

__all__ = [
    "ContactSheet",
    "ControlPreview",
    "GalleryView",
    "ImageGrid",
    "JobBar",
    "MaskPainter",
    "ParamPanel",
    "PictureCanvas",
    "ResultView",
    "SketchCanvas",
    "StepScrubber",
    "Studio",
]
