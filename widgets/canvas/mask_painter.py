"""The mask painter: where a picture may change, painted in the browser, read in Python; knows no model and no job."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.geometry import Box, Size
from lab.core.history import SketchHistory
from lab.core.picture import Mask, Picture, PictureLike
from lab.core.sentences.checked_call import Listed, checked
from lab.core.sketch import PAPER, Sketch
from lab.core.stroke import Stroke
from lab.retouch import masks
from lab.retouch.stitch import InpaintArea
from lab.vision.selector import Selector
from widgets.canvas.async_selection import AsyncSelection, Pick
from widgets.canvas.canvas_layers import Layer, on_paper
from widgets.canvas.drawing_surface import DrawingSurface, Edit, SlowEdit, fitted_to_paper
from widgets.canvas.ink_layer import Change
from widgets.canvas.overlay_colour import COLOURS, contrasting_colour

_EFFECT = {"add": "brush", "subtract": "eraser", "intersect": "keep"}
_ALPHA_SHOWN = 0.55
_OUTCOME = {
    "denoised": Layer("denoised", opacity=0.35, tint="#ff9500", legend="drawn anew"),
    "pasted back": Layer("pasted back", opacity=0.35, tint="#007aff", legend="pasted back"),
    "context": Layer("context", tint="#8e24aa", legend="seen by the model"),
}


@checked
class MaskPainter(DrawingSurface):
    """Paint where a picture may change: `painter.mask`, 255 where it may, grey levels between.

    The mask is kept as strokes with their undo, like a sketch: it survives a reload of the page, and with a history
    from a session a restart of the kernel, too. The paper has the size of the background. All methods may be called
    from any thread.

    Args:
        background: the picture to paint on; None keeps that of the history, or an empty paper of 512 x 512.
        history: the history to paint into, when it comes from outside (to be kept on disk).
        selector_of: what selects on a picture; `lab.select` finds SAM 2's weights and a GPU, where there are any.
        without: edits of the whole mask that have no button here, since a setting elsewhere does the same, of "grow",
            "feather" and "fill_holes".

    Raises:
        BadInput: when the background cannot be read.
    """

    _kind = _content = "mask"
    _hint = "Drop a picture here, or open one below; then paint over what shall change."
    _first_layers = (Layer("background"), Layer("mask", opacity=_ALPHA_SHOWN, tint=COLOURS[0]))

    def __init__(
        self,
        background: PictureLike | None = None,
        *,
        history: SketchHistory | None = None,
        selector_of: Callable[[Picture], Selector] = Selector,
        without: Listed[str] = (),
    ) -> None:
        history = history or SketchHistory()
        picture = None if background is None else _fitted(Picture.of(background))
        if picture is not None and picture != history.sketch.background:
            history.replace(_blank(picture))
        self._selecting = AsyncSelection(selector_of, self.say, self.refuse, self._selects_by)
        self._laid: tuple[Picture, Picture] | None = None
        self._read: tuple[Sketch, Mask] | None = None
        self._coloured_for: Picture | None = None
        self._chosen_colour = COLOURS[0]
        super().__init__(history, size_px=48.0, fill_shapes=True, without=list(without))
        self._ink.observe(lambda _: self._look(), names="tool")

    @property
    def mask(self) -> Mask:
        """The mask as it is now, as large as the background; assigning another is one step of undo, and shows it."""
        return self._mask_of(self._history.sketch)

    @mask.setter
    @checked
    def mask(self, mask: Mask) -> None:
        masks.check_same_size(mask, self._size, "the background")
        self._do(self._replacing(mask))

    @property
    def is_blank(self) -> bool:
        """Whether nothing was ever painted since the last clearing; known without looking at a pixel."""
        return not self._history.sketch.strokes

    def invert(self) -> None:
        """Mask what is not masked, and the other way round."""
        self._edit(masks.inverted)

    def fill_holes(self) -> None:
        """Mask everything that the mask encloses."""
        self._edit(masks.holes_filled)

    @checked
    def grow(self, px: int) -> None:
        """Make the mask wider on every side; `px` as in `lab.retouch.masks.grow`."""
        self._edit(lambda mask: masks.grow(mask, px))

    @checked
    def shrink(self, px: int) -> None:
        """Make the mask narrower on every side."""
        self._edit(lambda mask: masks.shrink(mask, px))

    @checked
    def feather(self, px: int) -> None:
        """Let the mask fade within so many pixels outside its edge."""
        self._edit(lambda mask: masks.feather(mask, px))

    @checked
    def load(self, source: PictureLike) -> None:
        """Take a picture as the mask: its alpha where it has any, else its brightness; fitted to the background."""
        picture = Picture.of(source)
        self._do_slowly(lambda sketch: self._replacing(_mask_in(picture, sketch.size)))

    def from_alpha(self) -> None:
        """Mask what the background leaves transparent.

        Raises:
            BadInput: when the background has no transparent part.
        """
        self._do_slowly(self._from_alpha)

    def reuse_last(self) -> None:
        """Bring back the last mask that was cleared, or that was painted on another picture.

        Raises:
            BadInput: when there was none.
        """
        self._do_slowly(self._reuse_last)

    @checked
    def select(self, x: float, y: float, tolerance: float = 12.0, mode: str = "add") -> None:
        """Take what is at a point into the mask or out of it: the thing there by SAM 2, or its colour by the wand.

        Args:
            x: in pixels of the background.
            y: the same.
            tolerance: of the wand, a distance in CIELAB; see `lab.retouch.wand`.
            mode: "add", "subtract" or "intersect".

        Raises:
            BadInput: when the point lies outside, or mode or tolerance is none.
        """
        self._select(Pick((x, y), tolerance=tolerance), mode)

    @checked
    def select_box(self, left: float, top: float, right: float, bottom: float, mode: str = "add") -> None:
        """Take what stands out in a box into the mask or out of it; in pixels of the background, errors as `select`."""
        self._select(Pick(box=Box.around(left, top, right, bottom)), mode)

    def close(self) -> None:
        """Close the painter; the mask can still be read."""
        if self.comm is None:  # closed already, or refused before there was anything to close
            return
        self._selecting.close()
        super().close()

    @checked
    def show_outcome(self, area: InpaintArea | None) -> None:
        """Show what will happen over the picture, in layers to be shown and hidden; None takes them away.

        "denoised" is what the model draws anew, "pasted back" what is taken from it, "context" what it sees.
        """
        with self.guard:
            for name in _OUTCOME:
                if area is None and name in self.layers:
                    del self.layers[name]
            if area is not None:
                for name, pixels in (("denoised", area.denoise), ("pasted back", area.paste)):
                    self._canvas_layers.put(self.layers.get(name) or _OUTCOME[name], _as_alpha(pixels.pixels))
                frame = np.zeros((self._size.height, self._size.width), np.uint8)
                left, top, right, bottom = area.box
                thickness = max(1, max(self._size) // 256)
                cv2.rectangle(frame, (left, top), (right - 1, bottom - 1), 255, thickness)
                self._canvas_layers.put(self.layers.get("context") or _OUTCOME["context"], _as_alpha(frame))
            self._show()

    @property
    def _size(self) -> Size:
        return self._history.sketch.size

    def _shown_pictures(self) -> Sequence[Picture]:
        return [self.background] if self.background else []

    def _given(self) -> Picture:
        return self.mask.to_picture()

    def _lay(self, picture: Picture | None) -> None:
        """Another picture is painted on anew: a mask belongs to its picture. The same one again changes nothing."""
        fitted = None if picture is None else _fitted(picture)
        if fitted is not None and fitted == self.background:
            return
        self._history.replace(Sketch(PAPER) if fitted is None else _blank(fitted))
        self._look()

    def _show(self) -> None:
        """Another picture may want another colour, unless a person has chosen one."""
        super()._show()
        background = self.background
        if background is self._coloured_for:
            return
        self._coloured_for, before = background, self._chosen_colour
        if background is not None and self._ink.overlay_colour == before:
            self._chosen_colour = contrasting_colour(background.on_white(), self._ink.overlay_opacity)
            if self._chosen_colour != before:
                self._ink.post(overlay_colour=self._chosen_colour)

    def _mask_of(self, sketch: Sketch) -> Mask:
        """The mask that was painted with these strokes; one at a time is kept."""
        read = self._read
        if read is None or read[0] is not sketch:
            read = self._read = (sketch, Mask(self._strokes_of(sketch, sketch.size).pixels[..., 3]))
        return read[1]

    def _edit(self, edit: Callable[[Mask], Mask]) -> None:
        self._do_slowly(lambda sketch: self._edited(sketch, edit))

    def _edited(self, sketch: Sketch, edit: Callable[[Mask], Mask]) -> Callable[[], object]:
        return self._replacing(edit(self._mask_of(sketch)))

    def _replacing(self, mask: Mask) -> Callable[[], object]:
        """What puts a mask in the place of what is painted."""
        strokes = [Stroke.of_mask(mask)] if mask.pixels.any() else []
        return lambda: self._history.redraw(*strokes)

    def _from_alpha(self, sketch: Sketch) -> Callable[[], object]:
        if sketch.background is None or not sketch.background.has_alpha:
            msg = "the background has no transparent part to make a mask of"
            raise BadInput(msg)
        return self._replacing(masks.inverted(Mask.from_alpha(sketch.background)))

    def _reuse_last(self, now: Sketch) -> Callable[[], object]:
        last = self._history.last_drawn
        if last is None:
            msg = "there is no earlier mask to use again"
            raise BadInput(msg)
        mask = Mask(self._strokes_of(last, last.size).pixels[..., 3])
        return self._replacing(masks.mask_resized(mask, now.size))

    def _select(self, pick: Pick, mode: str) -> None:
        picture = self._picture_to_select_on(mode)
        self._selected(self._selecting.now(picture, pick), picture, mode)

    def _selected(self, found: Mask, picture: Picture, mode: str) -> None:
        """What was found on a picture is drawn, unless another one has come since."""
        with self.guard:
            if self.comm is not None and self.background is not None and self._picture_to_select_on(mode) is picture:
                self._do(lambda: self._history.draw(Stroke.of_mask(found, _EFFECT[mode])))

    def _pick(self, change: Change) -> None:
        """A click or a box of the browser: it is looked for while the pen goes on."""
        mode, pick = change.word("mode"), _picked(change)
        picture = self._picture_to_select_on(mode)
        self._selecting.ask(picture, pick, lambda found: self._selected(found, picture, mode))

    def _picture_to_select_on(self, mode: str) -> Picture:
        """The background as it lies on the paper, the same object as long as it is the same picture."""
        if mode not in _EFFECT:
            msg = f"there is no mode {mode!r}: use one of {', '.join(_EFFECT)}"
            raise BadInput(msg)
        background = self.background
        if background is None:
            msg = "the wand selects on the background, and there is none: open a picture first"
            raise BadInput(msg)
        if self._laid is None or self._laid[0] is not background:
            self._laid = (background, Picture(on_paper(background, self._size)))
        return self._laid[1]

    def _look(self) -> None:
        """The wand was picked: get ready for its first click."""
        if self._ink.tool == "wand" and self.background is not None:
            self._selecting.look(self._picture_to_select_on("add"))

    def _selects_by(self, selector: Selector) -> None:
        self._ink.post(wand={"note": f"{selector.note} (W)", "tolerates": selector.means != "SAM 2"})

    def _edits(self) -> dict[str, Edit]:
        return {
            **super()._edits(),
            "wand": self._pick,
        }

    def _slow_edits(self) -> dict[str, SlowEdit]:
        def by_px(edit: Callable[[Mask, int], Mask]) -> SlowEdit:
            return lambda change, now: self._edited(now, lambda mask: edit(mask, int(change.number("px"))))

        return {
            **super()._slow_edits(),
            "invert": lambda _, now: self._edited(now, masks.inverted),
            "fill_holes": lambda _, now: self._edited(now, masks.holes_filled),
            "grow": by_px(masks.grow),
            "shrink": by_px(masks.shrink),
            "feather": by_px(masks.feather),
            "load": lambda change, now: self._replacing(_mask_in(Picture.of(change.content), now.size)),
            "from_alpha": lambda _, now: self._from_alpha(now),
            "reuse": lambda _, now: self._reuse_last(now),
        }


def _picked(change: Change) -> Pick:
    """The pick in a browser's message, in pixels of a paper."""
    tolerance = change.number("tolerance")
    box = change.values.get("box")
    if box is None:
        return Pick((change.number("x"), change.number("y")), tolerance=tolerance)
    if not isinstance(box, list) or len(box) != 4:
        msg = f"a box is left, top, right and bottom, not {box!r:.40}"
        raise BadInput(msg)
    edges = Change("box", None, dict(zip("abcd", box, strict=True)))
    return Pick(box=Box.around(*(edges.number(name) for name in "abcd")), tolerance=tolerance)


def _fitted(picture: Picture) -> Picture:
    """The picture at a size that a paper can have.

    Raises:
        BadInput: when it is too small to paint on.
    """
    if min(picture.size) < 16:
        msg = f"a mask is painted on a picture of at least 16 pixels, this one is {picture.size}"
        raise BadInput(msg)
    return fitted_to_paper(picture).picture


def _mask_in(picture: Picture, size: Size) -> Mask:
    """The mask in a picture, read as everywhere; at this size."""
    return masks.mask_resized(Mask.of(picture), size)


def _blank(picture: Picture) -> Sketch:
    return Sketch(picture.size, (), picture)


def _as_alpha(levels: np.ndarray) -> Picture:
    pixels = np.zeros((*levels.shape, 4), np.uint8)
    pixels[..., 3] = levels
    return Picture(pixels)
