"""Pictures keep their proportions: laid out for a model that draws at sizes of its own, and cut again.

A model draws in multiples of some pixels. A picture of another shape than that is laid at the upper left, its last
column and row repeated over the rest, which is cut off again from what was drawn.
"""

from __future__ import annotations

import numpy as np

from lab.core.geometry import Box, Size
from lab.core.picture import Picture


def laid_out(picture: Picture, kept: Size, size: Size) -> Picture:
    """The picture, at its own scale, in the shape of a size of which so much is kept; the very one where it has that.

    What does not fit into the kept shape is cut off evenly on both sides.
    """
    if picture.size.fitted_into(kept) != kept:
        picture = _cropped(picture, _middle(picture.size, kept))
    if kept == size:
        return picture
    wide, high = (
        max(own, round(own * whole / part)) for own, whole, part in zip(picture.size, size, kept, strict=True)
    )
    return picture.padded(Size(wide, high))


def cut(picture: Picture, kept: Size) -> Picture:
    """The upper left part of a drawn picture, of this size: the rest was drawn for the model's multiples alone."""
    return picture if picture.size == kept else _cropped(picture, Box(0, 0, *kept))


def _middle(size: Size, shape: Size) -> Box:
    """The largest box of this shape in the middle of a picture."""
    wide, high = shape.fitted_into(size)
    left, top = (size.width - wide) // 2, (size.height - high) // 2
    return Box(left, top, left + wide, top + high)


def _cropped(picture: Picture, box: Box) -> Picture:
    return Picture(np.ascontiguousarray(picture.pixels[box.top : box.bottom, box.left : box.right]))
