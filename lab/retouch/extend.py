"""Outpainting: a picture on a larger canvas, the new part filled for a start and masked. Knows no models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.geometry import Box, Size
from lab.core.picture import MAX_PIXELS, Mask, Picture
from lab.core.reporter import by_rows, check_wanted
from lab.retouch.masks import mask_of
from lab.retouch.pull_push import spread

_ONE_STEP = 1.5
"""A canvas of up to so many times a model's native pixels is extended in one step."""
_STREAKS_PX = 48
"""Within so many pixels a drawn-out edge dissolves into a smooth continuation of the picture's colours."""


class Sides(NamedTuple):
    """Pixels added on each side of a picture."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def around(self, size: Size) -> Size:
        """The size of a picture after these pixels were added to it."""
        return Size(self.left + size.width + self.right, self.top + size.height + self.bottom)

    def box(self, size: Size) -> Box:
        """Where a picture of this size lies on the larger paper, in its pixels."""
        return Box(self.left, self.top, self.left + size.width, self.top + size.height)


@dataclass(frozen=True)
class Extension:
    """A picture on its larger canvas.

    Args:
        picture: the whole canvas, its new part filled for a start.
        mask: where it is to be drawn, as `new_part` says.
        box: where the old picture lies.
    """

    picture: Picture
    mask: Mask
    box: Box


def extended(picture: Picture, sides: Sides, *, overlap: int = 16, fill: str = "edge") -> Extension:
    """The picture on a canvas that is larger by `sides`; a transparent one is put on white.

    Args:
        picture: any picture.
        sides: pixels to add.
        overlap: how many pixels of the old picture, next to the new part, are redrawn with it, less and less inward;
            0 keeps every old pixel as it is.
        fill: one of `STARTS`.

    Raises:
        BadInput: when nothing is added, a number is negative, the overlap is more than half of the picture, there is
            no such filling, or the canvas becomes too large.
    """
    mask = new_part(picture.size, sides, overlap=overlap)
    if fill not in STARTS:
        msg = f"there is no filling {fill!r} for a new part: use one of {', '.join(STARTS)}"
        raise BadInput(msg)
    return Extension(Picture(STARTS[fill](picture.on_white().pixels, sides)), mask, sides.box(picture.size))


def new_part(size: Size, sides: Sides, *, overlap: int = 16) -> Mask:
    """Where the larger canvas is to be drawn: 255 where it is new, fading to 0 within the overlap.

    Args:
        size: of the old picture.
        sides: pixels to add.
        overlap: how far the old picture is redrawn, as for `extended`.

    Raises:
        BadInput: when nothing is added, a number is negative, the overlap is more than half of the picture, or the
            canvas becomes too large.
    """
    _check(size, sides)
    if not 0 <= overlap <= min(size) / 2:
        msg = f"an overlap on a picture of {size} is between 0 and {min(size) // 2}, not {overlap}"
        raise BadInput(msg)
    return mask_of(_fading_inward(sides.around(size), sides.box(size), overlap))


def extension_steps(size: Size, sides: Sides, native: Size) -> tuple[Sides, ...]:
    """The extensions to make one after the other so that a model always sees enough of what is there.

    All at once when the new canvas is about as large as what the model knows; otherwise side by side, each step at most
    half as wide as the model's native picture, and at most as wide as what is there.

    Args:
        size: the picture's size before the first step.
        sides: pixels to add in all.
        native: the size that the model knows best.

    Raises:
        BadInput: when nothing is added or a number is negative.
    """
    _check(size, sides)
    whole = sides.around(size)
    doubled = whole.width <= 2 * size.width and whole.height <= 2 * size.height
    if doubled and whole.pixels <= _ONE_STEP * native.pixels:
        return (sides,)
    steps: list[Sides] = []
    rest = sides
    while any(rest):
        for name, native_side in zip(Sides._fields, (*native, *native), strict=True):
            there = size.width if name in ("left", "right") else size.height
            px = min(getattr(rest, name), native_side // 2, there)
            if px:
                step = Sides(**{name: px})
                steps.append(step)
                size = step.around(size)
                rest = rest._replace(**{name: getattr(rest, name) - px})
    return tuple(steps)


def _edge(pixels: np.ndarray, sides: Sides) -> np.ndarray:
    """The edge drawn out, dissolving with distance into a smooth continuation of the picture's colours."""
    around = _around(sides)
    known = np.pad(np.ones(pixels.shape[:2], np.float32), around[:2])
    smooth = spread(np.pad(pixels, around).astype(np.float32), known)
    drawn_out = np.pad(pixels, around, mode="edge").astype(np.float32)
    distance = cv2.distanceTransform((1 - known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    share = np.clip(distance / _STREAKS_PX, 0, 1)[..., None]
    check_wanted()

    def dissolved(drawn_out: np.ndarray, smooth: np.ndarray, share: np.ndarray) -> np.ndarray:
        return np.rint(drawn_out * (1 - share) + smooth * share).astype(np.uint8)

    return by_rows(dissolved, drawn_out, smooth, share)


def _mirror(pixels: np.ndarray, sides: Sides) -> np.ndarray:
    """The picture mirrored at its edges, again and again when the new part is wider than the picture."""
    return np.pad(pixels, _around(sides), mode="symmetric")


STARTS: dict[str, Callable[[np.ndarray, Sides], np.ndarray]] = {"edge": _edge, "mirror": _mirror}
"""Ways to fill a new part for a start, by name."""


def _around(sides: Sides) -> tuple[tuple[int, int], ...]:
    return ((sides.top, sides.bottom), (sides.left, sides.right), (0, 0))


def _fading_inward(size: Size, box: Box, overlap: int) -> np.ndarray:
    """1 outside the box, falling to 0 within `overlap` pixels inside those of its edges that something new adjoins."""
    across, down = np.arange(size.width), np.arange(size.height)
    inward = [across - box.left, down - box.top, box.right - 1 - across, box.bottom - 1 - down]
    is_new = [box.left > 0, box.top > 0, box.right < size.width, box.bottom < size.height]
    columns, rows = np.zeros(size.width), np.zeros(size.height)
    for number, (depth, new) in enumerate(zip(inward, is_new, strict=True)):
        levels = rows if number % 2 else columns
        if new:
            np.maximum(levels, np.clip(1 - (depth + 1) / (overlap + 1), 0, 1), out=levels)
    return np.maximum(columns, rows[:, None])


def _check(size: Size, sides: Sides) -> None:
    if min(sides) < 0 or not any(sides):
        msg = f"a picture is extended by at least one pixel on some side and none is cut off, not by {tuple(sides)}"
        raise BadInput(msg)
    whole = sides.around(size)
    if whole.pixels > MAX_PIXELS:
        msg = f"the canvas would be {whole}, more than {MAX_PIXELS // 1_000_000} megapixels: extend it by less"
        raise BadInput(msg)
