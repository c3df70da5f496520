"""A drawing becomes white lines on black, what ControlNets for lines and scribbles were trained on."""

from __future__ import annotations

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Picture

_INVISIBLE = 0.02
"""A drawing whose ink nowhere differs from its paper by more than this share is empty."""


def lines(picture: Picture, size: Size, *, threshold: float = 0.1) -> Picture:
    """White lines on black from ink of any colour on light paper, or on none.

    Ink is what differs from the paper in any of its channels, so that yellow counts like black. Lines thinner than a
    pixel of the result are widened to it rather than lost.

    Args:
        picture: the drawing, any size.
        size: the size of the result; another shape stretches the drawing.
        threshold: share of full ink below which a pixel is paper, 0..0.95.

    Raises:
        BadInput: when the threshold is out of range.
    """
    if not 0 <= threshold <= 0.95:
        msg = f"threshold must be between 0 and 0.95, not {threshold!r}"
        raise BadInput(msg)
    light = picture.on_white().pixels.min(axis=2).astype(np.float32)
    paper = float(np.percentile(light, 90))
    ink = np.clip((paper - light) / max(paper, 1), 0, 1)
    shrink = max(picture.size.width / size.width, picture.size.height / size.height)
    if shrink > 1:
        reach = round(shrink) // 2 * 2 + 1
        ink = cv2.dilate(ink, np.ones((reach, reach), np.uint8))
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    elif picture.size != size:
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_LINEAR)
    strongest = float(ink.max())
    if strongest < _INVISIBLE:
        ink = np.zeros_like(ink)
    else:
        ink = np.clip((ink / strongest - threshold) / (1 - threshold), 0, 1)
    return Picture(np.repeat(np.rint(ink * 255).astype(np.uint8)[..., None], 3, axis=2))
