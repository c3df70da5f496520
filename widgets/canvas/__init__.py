"""Drawing and painting: the ink in the browser, its pixels and layers in the kernel."""

from widgets.canvas.mask_painter import MaskPainter
from widgets.canvas.picture_canvas import PictureCanvas
from widgets.canvas.sketch_canvas import SketchCanvas

__all__ = ["MaskPainter", "PictureCanvas", "SketchCanvas"]
