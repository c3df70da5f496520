"""The colours of a sketch as what a drawing starts from: each area for a share of the steps, all else from noise."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from lab.core.geometry import Size
from lab.core.picture import Mask, Picture
from lab.retouch.matting import alpha_resized

_MOST = 0.9
"""The share of the steps for which the strongest colours hold: the rest makes a picture of them."""
_REACH_PX = 6
"""Colours reach so far beyond their edge, under the line around them: three quarters of a latent, which is free where
any part of it is. Without that, a starter model's face that is filled in blue keeps a rim of orange (bench.colours)."""


class Start(NamedTuple):
    """What to start from, RGB, and where it may change: greys as soon as they are light."""

    picture: Picture
    mask: Mask


def start_of(colours: Picture, strength: float, size: Size) -> Start | None:
    """What a drawing of a size starts from with these colours; None where they do not count.

    Args:
        colours: RGBA: they count as far as they are opaque.
        strength: how much, 0..1.
        size: of what is drawn.
    """
    opaque = alpha_resized(colours, size)
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _REACH_PX + 1,) * 2)
    held = cv2.dilate(opaque, around).astype(np.float32) * np.float32(_MOST * strength)
    free = 255 - np.rint(held).astype(np.uint8)
    if free.min() == 255:
        return None
    seen = Picture(np.ascontiguousarray(colours.pixels[..., :3]))
    return Start(seen.resized(size), Mask(free))
