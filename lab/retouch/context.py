"""The part of a picture that a model gets to see when it redraws what is masked. Knows no models, only their sizes."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.geometry import Box, Size
from lab.core.picture import Mask
from lab.retouch.masks import FAINT, check_same_size, mask_bounds

_LEAST_PADDING_PX = 32
_LOOKED_AT_PX = 512
"""The longer side at which the parts of a mask are looked for."""
_LONGEST_SHAPE = 2
"""A box is at most this many times longer than wide, where the picture allows it: models draw long shapes badly."""


def context_box(mask: Mask, picture_size: Size, *, padding: int | None = None, multiple: int = 8, native: Size) -> Box:
    """The box around everything masked, with context, in the picture.

    Its sides are multiples of `multiple` wherever the picture is large enough; it is shifted into the picture rather
    than cut off, and cut off only where the picture is smaller than what is wanted.

    Args:
        mask: what will be redrawn, all islands of it; the size of the picture.
        picture_size: the size of the picture.
        padding: pixels of context wanted on every side; None is half the mean side of the mask, at least 32.
        multiple: what the sides of a model's pictures are multiples of.
        native: the size that the model knows best: a smaller box grows to it, for more context costs nothing then.

    Raises:
        BadInput: when nothing is masked, the mask has another size, or a number is out of range.
    """
    check_same_size(mask, picture_size)
    if multiple < 1 or (padding is not None and padding < 0):
        msg = f"a context box needs a padding of at least 0 and a multiple of at least 1, not {padding} and {multiple}"
        raise BadInput(msg)
    bounds = mask_bounds(mask)
    if bounds.is_empty:
        msg = "the mask is empty: paint over what shall change"
        raise BadInput(msg)
    if padding is None:
        padding = max(_LEAST_PADDING_PX, sum(bounds.size) // 4)
    needed = [side + 2 * padding for side in bounds.size]
    shortest = max(needed) // _LONGEST_SHAPE
    left, right = _span(bounds.left, bounds.right, max(needed[0], shortest, native.width), multiple, picture_size.width)
    top, bottom = _span(
        bounds.top, bounds.bottom, max(needed[1], shortest, native.height), multiple, picture_size.height
    )
    return Box(left, top, right, bottom)


class Islands(NamedTuple):
    """How many parts of a mask lie so far apart that each would have a box of its own; and what it costs not to.

    Args:
        count: of the parts.
        coarser: how many times coarser the model draws, in one box around all, than it would draw the largest alone.
    """

    count: int
    coarser: float


def islands(mask: Mask, native: Size) -> Islands:
    """The parts of a mask that a model of this native size would draw finer one by one."""
    height, width = mask.pixels.shape
    scale = min(1.0, _LOOKED_AT_PX / max(height, width))
    small = cv2.resize(mask.pixels, (math.ceil(width * scale), math.ceil(height * scale)), interpolation=cv2.INTER_AREA)
    count, _, stats, _ = cv2.connectedComponentsWithStats((small > FAINT).astype(np.uint8), connectivity=8)
    boxes = [
        Box(left, top, left + wide, top + high) for left, top, wide, high, _ in (stats[1:count] / scale).astype(int)
    ]
    apart = _merged([_with_context(box, native) for box in boxes])
    if len(apart) < 2:
        return Islands(len(apart), 1)
    sides = [max(box.size) for box in (*apart, _around(apart).clipped(mask.size))]
    return Islands(len(apart), max(1.0, sides[-1] / max(*sides[:-1])))


def _with_context(box: Box, native: Size) -> Box:
    padding = max(_LEAST_PADDING_PX, sum(box.size) // 4)
    wide, high = (max(0, side - own) // 2 for side, own in zip(native, box.size, strict=True))
    across, down = max(padding, wide), max(padding, high)
    return Box(box.left - across, box.top - down, box.right + across, box.bottom + down)


def _merged(boxes: list[Box]) -> list[Box]:
    """The boxes, those that overlap as one."""
    apart: list[Box] = []
    for box in boxes:
        while met := next((one for one in apart if _overlap(one, box)), None):
            apart.remove(met)
            box = _around([met, box])  # noqa: PLW2901 - it grows until it meets no other
        apart.append(box)
    return apart


def _overlap(one: Box, other: Box) -> bool:
    return max(one.left, other.left) < min(one.right, other.right) and max(one.top, other.top) < min(
        one.bottom, other.bottom
    )


def _around(boxes: list[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return Box(min(left), min(top), max(right), max(bottom))


def _span(start: int, end: int, wanted: int, multiple: int, room: int) -> tuple[int, int]:
    """A span of about `wanted` pixels around `start`..`end` within 0..`room`; always holds `start`..`end`."""
    length = -(-wanted // multiple) * multiple
    if length > room:
        length = room // multiple * multiple
    if length < end - start or length == 0:
        return 0, room
    first = (start + end - length) // 2
    first = max(0, min(first, room - length))
    return first, first + length
