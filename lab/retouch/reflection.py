"""The reflection of a cut-out subject in a polished floor, as a layer of its own."""

from __future__ import annotations

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.picture import Picture
from lab.core.reporter import by_rows, check_wanted
from lab.retouch.ground_contact import ground_under

_BLUR = 0.03
"""At softness 1, as a share of the subject's height. A choice: with more the floor is mist, with less never matt."""
_LEAST_BLUR_PX = 0.3
"""A blur of less changes no pixel by more than a level or two, and is left out."""
_FADE = 1.5
"""The power by which a reflection fades on its way: 1 ends with an edge that is seen, 2 is gone before its reach. A
polished floor mirrors most at a flat look, and the part of the subject farther up is seen in it less flatly."""


def reflection(subject: Picture, *, opacity: float = 0.3, reach: float = 0.5, softness: float = 0.3) -> Picture:
    """The subject upside down under the line on which it stands, as an RGBA layer; empty when it is transparent.

    Args:
        subject: RGBA, already placed: the layer has its size.
        opacity: how much the floor mirrors where it is touched, 0..1.
        reach: the share of the subject's height after which the reflection is gone, above 0 up to 1.
        softness: how much the reflection blurs, 0..1.

    Raises:
        BadInput: when the subject has no alpha or a number is out of range.
    """
    if not subject.has_alpha:
        msg = "a picture without transparency has no outline to be mirrored: cut it out first"
        raise BadInput(msg)
    if not (0 <= opacity <= 1 and 0 < reach <= 1 and 0 <= softness <= 1):
        msg = f"opacity, reach and softness of a reflection are between 0 and 1, not {opacity}, {reach}, {softness}"
        raise BadInput(msg)
    alpha = subject.pixels[..., 3].astype(np.float32) / 255
    ground = ground_under(alpha)
    if ground is None or opacity == 0:
        return Picture(np.zeros_like(subject.pixels))
    check_wanted()
    height, width = alpha.shape
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    below = rows - ground.line.astype(np.float32)

    def clear_of(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        return np.dstack([pixels[..., :3].astype(np.float32) * alpha[..., None], alpha])

    clear = by_rows(clear_of, subject.pixels, alpha)
    check_wanted()
    source = ground.line.astype(np.float32) - 1 - below
    mirrored = cv2.remap(clear, columns, source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    mirrored[below < 0] = 0
    blur = softness * _BLUR * ground.height
    if blur > _LEAST_BLUR_PX:
        mirrored = cv2.GaussianBlur(mirrored, (0, 0), blur)

    def fading(mirrored: np.ndarray, below: np.ndarray) -> np.ndarray:
        share = np.clip(1 - below / (reach * ground.height), 0, 1) ** _FADE * (below >= 0)
        colours = mirrored[..., :3] / np.maximum(mirrored[..., 3:], 1e-4)
        layer = np.dstack([np.clip(colours, 0, 255), 255 * opacity * share * mirrored[..., 3]])
        return np.rint(layer).astype(np.uint8)

    return Picture(by_rows(fading, mirrored, below))
