"""The sketch canvas: a sketch that is drawn in the browser and read in Python; knows no model, no job and no file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from lab.core import region_strokes
from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.history import SketchHistory
from lab.core.picture import Picture
from lab.core.sentences.checked_call import checked
from lab.core.sketch import Sketch
from lab.core.stroke import PointsLike
from lab.retouch.wand import wand
from widgets.canvas.canvas_layers import on_paper
from widgets.canvas.drawing_surface import DrawingSurface, SlowEdit
from widgets.canvas.ink_layer import Change

_POURED_SIZE = Size(2048, 2048)
"""A bucket finds its region on a picture of at most this size: on one of 4096 x 4096 it would take several seconds."""


@checked
class SketchCanvas(DrawingSurface):
    """Draw with mouse, pen or finger; the sketch is `canvas.sketch`.

    The ink appears in the browser without asking the kernel. Each finished stroke travels once, is put on record, and
    stays on screen until the kernel has shown it: a busy kernel or a cut connection loses nothing. Sketch and undo
    live in the kernel and survive a reload of the page. All methods may be called from any thread.

    Args:
        sketch: what to begin with; empty paper of 512 x 512 when None.
        history: the history to draw into, when it comes from outside (to be kept on disk); not together with `sketch`.
        in_colour: whether colours say anything here; else the toolbar offers neither swatches nor bucket.

    Raises:
        BadInput: when both are given.
    """

    _paints = True
    """Whether a person can paint on it, or only bring a picture."""

    def __init__(
        self, sketch: Sketch | None = None, *, history: SketchHistory | None = None, in_colour: bool = True
    ) -> None:
        if sketch is not None and history is not None:
            msg = "give a SketchCanvas a sketch or a history, not both: a history has its own sketch"
            raise BadInput(msg)
        super().__init__(history or SketchHistory(sketch), in_colour=in_colour, paints=self._paints)

    @property
    def sketch(self) -> Sketch:
        """The sketch as it is now; assigning another is one step of undo, and shows it."""
        return self._history.sketch

    @sketch.setter
    @checked
    def sketch(self, sketch: Sketch) -> None:
        self._do(lambda: self._history.replace(sketch))

    @checked
    def line(self, points: PointsLike, **pen: Any) -> None:
        """Draw a line through these points; `pen` as in `Stroke`."""
        self.draw(Sketch().line(points, **pen).strokes[0])

    @checked
    def circle(self, x: float, y: float, radius: float, **pen: Any) -> None:
        """Draw a circle; all in pixels of the sketch."""
        self.draw(Sketch().circle(x, y, radius, **pen).strokes[0])

    @checked
    def polygon(self, points: PointsLike, **pen: Any) -> None:
        """Draw a filled polygon through these points, in pixels of the paper; `pen` as for `Stroke`."""
        self.draw(Sketch().polygon(points, **pen).strokes[0])

    @checked
    def text(self, words: str, x: float, y: float, height_px: float = 48, **pen: Any) -> None:
        """Write words; (x, y) is the left end of the first line's baseline.

        Raises:
            BadInput: when there is nothing to be seen in the words, or the height is out of range.
        """
        self.draw(region_strokes.text(words, x, y, height_px, **pen))

    @checked
    def take_size(self, size: Size) -> None:
        """Be so large; strokes on paper of another size are set aside, and undo still has them."""
        with self.guard:
            if self.sketch.size != size:
                self._do(lambda: self._history.fit(size))

    @checked
    def take_shape(self, shape: Size) -> None:
        """Have paper of this shape, as one step of undo; strokes keep their place from the middle, none is cropped."""
        with self.guard:
            sketch = self.sketch.on_paper_of(shape)
            if sketch.size == self.sketch.size:
                return
            if sketch.is_empty and sketch.background is None:
                self.take_size(sketch.size)
            else:
                self._do(lambda: self._history.replace(sketch))

    @checked
    def to_picture(self, size: Size | None = None) -> Picture:
        """The strokes as an RGBA picture; at another size than the sketch's own drawn anew, not scaled."""
        return self._strokes_picture(size)

    @checked
    def to_pil(self, size: Size | None = None) -> Image.Image:
        """The strokes over background and white paper, as they are seen, free to be changed."""
        return self._seen(size).to_pil()

    def _seen(self, size: Size | None = None) -> Picture:
        strokes = self.to_picture(size)
        if self.background is None:
            return strokes.on_white()
        below = Image.fromarray(on_paper(self.background, strokes.size))
        return Picture.of(Image.alpha_composite(below, strokes.to_pil())).on_white()

    def _shown_pictures(self) -> Sequence[Picture]:
        return [self._seen()] if self.background or self.sketch.strokes else []

    def _given(self) -> Picture:
        return self._seen()

    def _slow_edits(self) -> dict[str, SlowEdit]:
        return {**super()._slow_edits(), "bucket": self._poured}

    def _poured(self, change: Change, sketch: Sketch) -> Callable[[], object]:
        """The paint bucket: what is seen around a point in one colour gets another."""
        x, y, tolerance = (change.number(name) for name in ("x", "y", "tolerance"))
        pen = {name: change.values[name] for name in ("colour", "opacity") if name in change.values}
        seen = self._seen(min(sketch.size, sketch.size.fitted_into(_POURED_SIZE), key=max))
        scale = seen.size.width / sketch.size.width
        region = wand(seen, int(x * scale), int(y * scale), tolerance=tolerance)
        stroke = region_strokes.poured(region, sketch.size, **pen)
        return lambda: self._history.draw(stroke)
