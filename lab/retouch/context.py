"""The part of a picture that a model gets to see when it redraws what is masked. Knows no models, only their sizes."""

from __future__ import annotations

from lab.core.errors import BadInput
from lab.core.geometry import Box, Size
from lab.core.picture import Mask
from lab.retouch.masks import check_same_size, mask_bounds

_LEAST_PADDING_PX = 32
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
