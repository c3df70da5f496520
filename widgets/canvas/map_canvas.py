"""Painting on a control map: the strokes are kept, the map below them can be computed anew; knows no preprocessor."""

from __future__ import annotations

from PIL import Image

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.history import SketchHistory
from lab.core.picture import Picture
from widgets.canvas.canvas_layers import BACKGROUND, Layer
from widgets.canvas.sketch_canvas import SketchCanvas

_MAP = "map"


class MapCanvas(SketchCanvas):
    """A control map with what a person painted over it: `canvas.painted(made)`.

    White adds to a map, black takes away, the eraser brings back what was computed. What was painted stays when a
    slider makes another map of the same picture. All methods may be called from any thread.

    Args:
        history: the history to paint into, when it comes from outside (to be kept on disk).
    """

    _content = "control map"
    _first_layers = (Layer(BACKGROUND), Layer(_MAP), Layer("sketch"))

    def __init__(self, history: SketchHistory | None = None) -> None:
        super().__init__(history=history, in_colour=False)
        self._ink.post(colour="#ffffff", other_colour="#000000", size_px=4.0)

    def lay_below(self, made: Picture) -> None:
        """Show a computed map under the strokes."""
        with self.guard:
            if self.layers.picture(_MAP) is not made:
                self.layers[_MAP] = made

    def painted(self, made: Picture) -> Picture:
        """The map with the strokes over it, RGB, at its own size; the very map when nothing is painted."""
        if self.sketch.is_empty:
            return made
        strokes = self.to_picture(made.size).to_pil()
        return Picture.of(Image.alpha_composite(made.on_white().to_pil().convert("RGBA"), strokes)).on_white()

    def _seen(self, size: Size | None = None) -> Picture:
        made = self.layers.picture(_MAP)
        return super()._seen(size) if made is None else self.painted(made.resized(size or self.sketch.size))

    def _lay(self, picture: Picture | None) -> None:
        """Refuse it: a dropped picture would hide the map."""
        msg = f"this map is painted on, not replaced by {picture or 'nothing'}: give the preview another picture"
        raise BadInput(msg)
