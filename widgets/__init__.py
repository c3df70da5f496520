"""The lab's widgets: plain ipywidgets, and anywidgets where the browser must act by itself. Never torch."""

from widgets.canvas import MaskPainter, PictureCanvas, SketchCanvas
from widgets.compare import Compare
from widgets.gallery import GalleryView, GridView, SeedBrowser
from widgets.panel import ParamPanel
from widgets.preview import ControlPreview
from widgets.studio import JobBar, Studio
from widgets.views import ImageGrid, ResultView, StepScrubber

ContactSheet = ImageGrid
"""What `ImageGrid` was called before."""

__all__ = [
    "Compare",
    "ContactSheet",
    "ControlPreview",
    "GalleryView",
    "GridView",
    "ImageGrid",
    "JobBar",
    "MaskPainter",
    "ParamPanel",
    "PictureCanvas",
    "ResultView",
    "SeedBrowser",
    "SketchCanvas",
    "StepScrubber",
    "Studio",
]
