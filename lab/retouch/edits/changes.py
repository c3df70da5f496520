"""What an edit changed, and that alone pasted into the original: all else stays as it is, bit by bit."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from lab.core.geometry import Box
from lab.core.picture import Mask, Picture
from lab.core.sentences.checked_call import checked
from lab.retouch.colours import to_lab, to_rgb
from lab.retouch.edits.registration import Registered, registered
from lab.retouch.masks import check_same_size, feather, grow
from lab.retouch.stitch import InpaintArea, stitch

_BLUR_PX = 2.0
"""Finer differences are what an autoencoder makes of any texture."""
_CHANGED = 10.0
"""In units of CIELAB: what is farther off after colours were corrected is an edit. Autoencoders stay below 5."""
_LEAST_SPREAD, _SPREADS = 4.0, 2.5
"""What counts as unchanged while colours are corrected: this far off, or so many times the median distance."""
_ROUNDS = 4
_SPECKS_PX, _GAPS_PX = 7, 25
"""Smaller changes are none, and narrower gaps between changes are changed: of a picture of 768 pixels."""
_WORK_PX = 768
_ROOM_PX = 4
"""The seam lies so far outside of what changed, and fades over as much."""


class KeptEdit(NamedTuple):
    """The original with an edit in it.

    Args:
        picture: where the mask is black, the original bit by bit, but for a seam of a few pixels around it.
        changed: where the edit is, white; to be shown, painted on, and given back as mask.
    """

    picture: Picture
    changed: Mask


@checked
def kept_edit(original: Picture, edited: Picture, mask: Mask | None = None) -> KeptEdit:
    """The original with that of an edited picture which changed, and nothing else of it.

    Args:
        original: the picture before.
        edited: what a model made of all of it, of any size with about the same shape.
        mask: where it is taken over; what changed, by comparing both, when None.

    Raises:
        BadInput: when too little of one is seen in the other, or the mask has another size.
    """
    if mask is not None:
        check_same_size(mask, original.size)
    new = registered(original, edited)
    lab_before, lab_after = to_lab(original.on_white().pixels), _lab_of(new.colours)
    corrected, distance = _corrected(lab_before, lab_after, new)
    changed = mask or Mask(_changed(distance, new.inside))
    if not changed.pixels.any():
        return KeptEdit(original, changed)
    colours = Picture(np.rint(to_rgb(corrected)).astype(np.uint8))
    paste = taken_over(grow(changed, _ROOM_PX) if mask is None else changed)
    everything = Box(0, 0, original.size.width, original.size.height)
    area = InpaintArea(changed, grow(paste, _ROOM_PX), paste, everything, original.size, resampled=False)
    return KeptEdit(stitch(original, area, colours), changed)


def taken_over(mask: Mask) -> Mask:
    """What of an edited picture is pasted for a mask: outside of it no bit of the original changes."""
    return feather(mask, _ROOM_PX)


def _lab_of(colours: np.ndarray) -> np.ndarray:
    """CIELAB of RGB in floats, 0..255."""
    return cv2.cvtColor(colours / np.float32(255), cv2.COLOR_RGB2LAB)


def _corrected(before: np.ndarray, after: np.ndarray, new: Registered) -> tuple[np.ndarray, np.ndarray]:
    """The new picture in the colours of the old one, by what did not change; and how far they are apart then."""
    soft_before, soft_after = (cv2.GaussianBlur(one, (0, 0), _BLUR_PX) for one in (before, after))
    same = new.inside
    gains, moves, distance = np.ones(3), np.zeros(3), np.zeros(same.shape)
    for _ in range(_ROUNDS):
        fits = [
            np.polyfit(soft_after[same][::7, channel], soft_before[same][::7, channel], 1)
            if float(np.ptp(soft_after[same][::7, channel])) > 1
            else (1.0, float(np.mean(soft_before[same][..., channel] - soft_after[same][..., channel])))
            for channel in range(3)
        ]
        gains, moves = (np.array([fit[place] for fit in fits], np.float32) for place in (0, 1))
        distance = np.linalg.norm(soft_before - (soft_after * gains + moves), axis=-1)
        same = new.inside & (distance < max(_LEAST_SPREAD, _SPREADS * float(np.median(distance[new.inside]))))
        if same.sum() < 100:
            break
    return after * gains + moves, distance


def _changed(distance: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Where it is far off, without specks and with gaps closed; beyond the new picture's edge nothing is known."""
    scale = max(1.0, max(distance.shape) / _WORK_PX)
    far = ((distance > _CHANGED) & inside).astype(np.uint8) * 255
    for way, width in ((cv2.MORPH_OPEN, _SPECKS_PX), (cv2.MORPH_CLOSE, _GAPS_PX)):
        side = 2 * math.ceil(width * scale / 2) - 1
        far = cv2.morphologyEx(far, way, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    return far
