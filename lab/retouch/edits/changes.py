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
"""In units of CIELAB: what is farther off after colours were corrected is an edit, where all was smooth before."""
_TEXTURE_PX, _TEXTURE = 6.0, 0.7
"""Textures are drawn anew: there it must be farther off than so much of the spread of the colours around."""
_LEAST_SPREAD, _SPREADS = 4.0, 2.0
"""What counts as unchanged while colours are corrected: this far off, or so many times the median distance."""
_ROUNDS = 4
_SOME, _LEAST_SAME = 3, 100
"""Of rows and columns each third tells of the colours; fewer pixels that are the same tell nothing."""
_LARGEST_GAIN = 1.4
"""No model stretches colours by more; where few colours are left to tell it, a line through them would."""
_SPECKS_PX, _GAPS_PX, _LEAST_CHANGED = 15, 25, 0.0015
"""What is seen in less than half of a window so wide is no change, narrower gaps between changes are: of a picture of
768 pixels. Nor is what covers a smaller share of it."""
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
    changed = mask or Mask(_changed(lab_before, distance, new.inside))
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
    some = (slice(None, None, _SOME),) * 2
    there, drawn = (one[some][new.inside[some]] for one in (soft_before, soft_after))
    gains, moves = np.ones(3), np.median(there - drawn, axis=0)
    for _ in range(_ROUNDS):
        off = np.linalg.norm(there - (drawn * gains + moves), axis=-1)
        same = off < max(_LEAST_SPREAD, _SPREADS * float(np.median(off)))
        if same.sum() < _LEAST_SAME:
            break
        old, now = there[same], drawn[same]
        spread = now.std(axis=0)
        slope = ((now - now.mean(0)) * (old - old.mean(0))).mean(0) / np.maximum(spread, 1e-6) ** 2
        gains = np.where(spread > 1, np.clip(slope, 1 / _LARGEST_GAIN, _LARGEST_GAIN), 1)
        moves = old.mean(0) - now.mean(0) * gains
    gains, moves = gains.astype(np.float32), moves.astype(np.float32)
    off = soft_before - (soft_after * gains + moves)
    return after * gains + moves, np.sqrt(np.einsum("hwc,hwc->hw", off, off))


def _changed(before: np.ndarray, distance: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Where it is far off, without specks and with gaps closed; beyond the new picture's edge nothing is known."""
    scale = max(1.0, max(distance.shape) / _WORK_PX)
    mean, squares = (cv2.GaussianBlur(one, (0, 0), _TEXTURE_PX * scale) for one in (before, before * before))
    texture = np.sqrt(np.maximum(squares - mean * mean, 0).sum(axis=-1))
    far = ((distance > np.maximum(_CHANGED, _TEXTURE * texture)) & inside).astype(np.uint8) * 255
    specks, gaps = (2 * math.ceil(width * scale / 2) - 1 for width in (_SPECKS_PX, _GAPS_PX))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gaps, gaps))
    far = cv2.morphologyEx(cv2.medianBlur(far, specks), cv2.MORPH_CLOSE, disc)
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(far)
    large = sizes[:, cv2.CC_STAT_AREA] >= _LEAST_CHANGED * far.size
    return np.where(large[np.asarray(labels, np.int32)], far, np.uint8(0))
