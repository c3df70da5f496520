"""The reflection of a cut-out subject in a polished floor, as a layer of its own."""

from __future__ import annotations

import math

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.geometry import Box, Size
from lab.core.picture import Picture
from lab.core.reporter import by_rows, check_wanted
from lab.retouch.ground_contact import Ground, ground_under

_BLUR = 0.03
"""At softness 1, as a share of the subject's height. A choice: with more the floor is mist, with less never matt."""
_LEAST_BLUR_PX = 0.3
"""A blur of less changes no pixel by more than a level or two, and is left out."""
_KERNEL = 4
"""So many times its sigma OpenCV's Gaussian reaches, in floats."""
_ROWS_AT_ONCE = 256
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
    layer = np.zeros_like(subject.pixels)
    if ground is None or opacity == 0:
        return Picture(layer)
    check_wanted()
    blur = softness * _BLUR * ground.height
    radius = math.ceil(_KERNEL * blur) + 1 if blur > _LEAST_BLUR_PX else 0
    box = _reached(alpha, ground, reach, radius)
    if box.is_empty:
        return Picture(layer)
    line = ground.line[box.left : box.right].astype(np.float32)
    rows = np.arange(box.top, min(len(alpha), box.bottom + radius), dtype=np.float32)
    below = rows[:, None] - line
    mirrored = _mirrored(subject.pixels, alpha, box, line, below)
    if radius:
        mirrored = _blurred(mirrored, blur, radius)

    def fading(mirrored: np.ndarray, below: np.ndarray) -> np.ndarray:
        share = np.clip(1 - below / (reach * ground.height), 0, 1) ** _FADE * (below >= 0)
        colours = mirrored[..., :3] / np.maximum(mirrored[..., 3:], 1e-4)
        faded = np.dstack([np.clip(colours, 0, 255), 255 * opacity * share * mirrored[..., 3]])
        return np.rint(faded).astype(np.uint8)

    shown = box.bottom - box.top
    layer[box.top : box.bottom, box.left : box.right] = by_rows(fading, mirrored[:shown], below[:shown])
    return Picture(layer)


def _reached(alpha: np.ndarray, ground: Ground, reach: float, radius: int) -> Box:
    """The part of the picture in which the reflection can be seen, with what a blur adds above and at the sides."""
    height, width = alpha.shape
    columns = np.flatnonzero(alpha.any(axis=0))
    top = int(ground.line.min()) - 1 - radius
    bottom = math.ceil(ground.line.max() + reach * ground.height) + 1
    return Box(int(columns[0]) - radius, top, int(columns[-1]) + 1 + radius, bottom).clipped(Size(width, height))


def _mirrored(pixels: np.ndarray, alpha: np.ndarray, box: Box, line: np.ndarray, below: np.ndarray) -> np.ndarray:
    """What is above the line, upside down under it, its colours times its alpha: float32, of the shape of `below`."""
    first = max(0, math.floor(line.min() - 2 - below.max()))
    last = math.ceil(line.max()) + 1

    def clear_of(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        return np.dstack([pixels[..., :3].astype(np.float32) * alpha[..., None], alpha])

    part = np.s_[first:last, box.left : box.right]
    clear = by_rows(clear_of, pixels[part], alpha[part])
    columns = np.broadcast_to(np.arange(len(line), dtype=np.float32), below.shape)

    def turned(columns: np.ndarray, below: np.ndarray) -> np.ndarray:
        source = line - 1 - below - first
        made = cv2.remap(clear, columns.copy(), source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        made[below < 0] = 0
        return made

    return by_rows(turned, columns, below)


def _blurred(layer: np.ndarray, sigma: float, radius: int) -> np.ndarray:
    """The layer, blurred, some rows at a time, each with those around it that count for them."""
    made = np.empty_like(layer)
    for top in range(0, len(layer), _ROWS_AT_ONCE):
        check_wanted()
        first, rows = max(0, top - radius), min(_ROWS_AT_ONCE, len(layer) - top)
        part = cv2.GaussianBlur(layer[first : top + rows + radius], (0, 0), sigma)
        made[top : top + rows] = part[top - first : top - first + rows]
    return made
