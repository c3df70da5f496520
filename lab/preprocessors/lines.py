"""A drawing becomes white lines on black, what ControlNets for lines and scribbles were trained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import cv2
import numpy as np
from pydantic import Field

from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.preprocessors.maps import preprocessor

_INVISIBLE = 0.02
"""A drawing whose ink nowhere differs from its paper by more than this share is empty."""


@preprocessor(kinds=["lines", "scribble", "lineart"], suits="sketches and drawings on light paper, or on none")
def lines(picture: Picture, size: Size, *, threshold: Annotated[float, Field(ge=0, le=0.95)] = 0.1) -> Picture:
    """White lines on black, from ink of any colour on light paper, or on none.

    Ink is what differs from the paper in any of its channels, so that yellow counts like black. Lines thinner than a
    pixel of the result are widened to it rather than lost.

    Args:
        picture: the drawing, any size.
        size: the size of the result; another shape stretches the drawing.
        threshold: share of full ink below which a pixel is paper.
    """
    light = _darkest_channel(picture)
    paper = int(np.searchsorted(np.cumsum(np.bincount(light.ravel(), minlength=256)), 0.9 * light.size))
    ink = cv2.LUT(light, _ramp(lambda level: (paper - level) / max(paper, 1)))
    shrink = max(picture.size.width / size.width, picture.size.height / size.height)
    if shrink > 1:
        reach = round(shrink) // 2 * 2 + 1
        ink = cv2.dilate(ink, np.ones((reach, reach), np.uint8))
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    elif picture.size != size:
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_LINEAR)
    strongest = int(ink.max())
    if strongest < _INVISIBLE * 255:
        ink = np.zeros_like(ink)
    else:
        ink = cv2.LUT(ink, _ramp(lambda level: (level / strongest - threshold) / (1 - threshold)))
    return Picture(np.repeat(ink[..., None], 3, axis=2))


def _darkest_channel(picture: Picture) -> np.ndarray:
    """The smallest of red, green and blue, on white paper where the picture is transparent."""
    pixels = picture.pixels
    darkest = cv2.min(cv2.min(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    if not picture.has_alpha:
        return darkest
    alpha = pixels[..., 3].astype(np.uint16)
    return ((darkest * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _ramp(share: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A table from level to level, 0..255, of a function that gives shares 0..1."""
    return np.rint(np.clip(share(np.arange(256, dtype=np.float64)), 0, 1) * 255).astype(np.uint8)
