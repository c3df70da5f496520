"""The picture canvas: a picture to start from, and what is painted on it; knows no model, no job and no file."""

from __future__ import annotations

from lab.core.history import SketchHistory
from lab.core.picture import Picture
from lab.core.sentences.checked_call import checked
from lab.core.sketch import PAPER, Sketch
from widgets.canvas.drawing_surface import Edit
from widgets.canvas.sketch_canvas import SketchCanvas


@checked
class PictureCanvas(SketchCanvas):
    """Drop a picture, paint on it; `canvas.picture` is both together.

    The paper takes the size of the picture, and what was painted goes with the picture that it was painted on.

    Args:
        history: the history to draw into, when it comes from outside (to be kept on disk).
        paints: whether a person can paint on it; a picture that only lends something needs no tools.
    """

    _content = "input picture"
    _hint = "Drop a picture here, open one below, or paint."

    def __init__(self, history: SketchHistory | None = None, *, paints: bool = True) -> None:
        if not paints:
            self._content = "reference picture"
            self._hint = "Drop a picture here, or open one."
        self._paints = paints  # the page draws its toolbar once, as soon as it hears of the canvas
        super().__init__(history=history)

    @property
    def picture(self) -> Picture | None:
        """The picture with everything painted on it; the very picture when nothing is; None when there is nothing."""
        if self.sketch.is_empty:
            return self.background
        return Picture.of(self.to_pil())

    def _edits(self) -> dict[str, Edit]:
        return {**super()._edits(), "remove": lambda _: self._lay(None)}

    def _lay(self, picture: Picture | None) -> None:
        if picture is None:
            self._history.replace(Sketch(PAPER))
            return
        if picture == self.background:  # as by running the cell again: what was painted on it stays
            return
        self._history.replace(Sketch(picture.size, (), picture))
