"""Counts what changed where nothing was to change, and how large a step is left at the border; judges nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from lab.core.picture import Mask, Picture
from lab.core.sentences.checked_call import checked
from lab.retouch.colours import to_lab
from lab.retouch.masks import check_same_size

_SEAM_PX = 5
"""Colours on both sides of the border are averaged over so many pixels, so that grain is no step."""
_GAPS_PX = 9
"""Within what was drawn anew, a pixel is by chance as it was: gaps so narrow are none."""
_LEAST_OF_SIDE = 0.15
"""Of those pixels so many lie on a side for it to count."""


@dataclass(frozen=True)
class Stays:
    """What is to stay of a picture in another one.

    Args:
        picture: as it was, at the size of the finished picture.
        mask: white where nothing may change.
        of_what: what stays, for people: "the product".
        joins: whether what is drawn goes on from it, so that a step at the border is a flaw.
        is_found: whether the mask says where both are alike, since nobody said where they should be.
    """

    picture: Picture
    mask: Mask
    of_what: str
    joins: bool = True
    is_found: bool = False


@dataclass(frozen=True)
class Fidelity:
    """How true a finished picture is to what was to stay.

    Args:
        of_what: what was to stay.
        pixels: how many that were.
        changed: how many of them changed at all.
        largest: by how many of 255 levels one of them changed at most.
        seam: the mean step of colours across the border, in CIELAB, beyond the steps that the picture has anyway; None
            where there is no border that should not be seen. Below 1 nobody sees it.
        found_share: where nobody said what was to stay: the share of the picture that did, bit by bit, 0..1.
    """

    of_what: str
    pixels: int
    changed: int
    largest: int
    seam: float | None = None
    found_share: float | None = None

    @property
    def in_short(self) -> str:
        """The one number in a word or two."""
        return f"{self.changed:,} changed" if self.found_share is None else f"{_percent(self.found_share)} untouched"

    def __str__(self) -> str:
        if self.found_share is None:
            moved = f", by up to {self.largest} of 255 levels" if self.changed else ""
            said = f"{self.changed:,} of {self.pixels:,} pixels of {self.of_what} changed{moved}"
        else:
            share = _percent(self.found_share)
            said = f"{self.pixels:,} pixels of {self.of_what}, {share} of it, are bit by bit as they were"
        return said if self.seam is None else f"{said}; colour step across the seam {self.seam:.1f} (CIELAB)"


@checked
def fidelity(made: Picture, stays: Stays) -> Fidelity:
    """How true a finished picture is to what was to stay of another one.

    Raises:
        BadInput: when the pictures are not of one size.
    """
    check_same_size(stays.mask, made.size)
    check_same_size(stays.mask, stays.picture.size)
    kept = stays.mask.pixels == 255
    channels = min(made.pixels.shape[2], stays.picture.pixels.shape[2])
    off = np.abs(made.pixels[..., :channels].astype(np.int16) - stays.picture.pixels[..., :channels]).max(axis=-1)
    off = np.where(kept, off, 0)
    seam = _seam(made, kept) if stays.joins else None
    share = float(kept.mean()) if stays.is_found else None
    return Fidelity(stays.of_what, int(kept.sum()), int((off > 0).sum()), int(off.max(initial=0)), seam, share)


def untouched(picture: Picture, made: Picture) -> Mask:
    """Where a finished picture of the same size is bit by bit as it was before: white."""
    channels = min(made.pixels.shape[2], picture.pixels.shape[2])
    off = (made.pixels[..., :channels] != picture.pixels[..., :channels]).any(axis=-1).astype(np.uint8) * 255
    return Mask(255 - cv2.morphologyEx(off, cv2.MORPH_CLOSE, np.ones((_GAPS_PX, _GAPS_PX), np.uint8)))


def _percent(share: float) -> str:
    """Rounded down, as all of it is all of it."""
    return f"{math.floor(100 * share)} %"


def _seam(made: Picture, kept: np.ndarray) -> float | None:
    """The mean step across the border of what stays, beyond that across a line within it, along the same border.

    So a picture that is full of contrast has no seam for that alone. None where all or nothing is new.
    """
    lab = to_lab(made.on_white().pixels)
    step = _step(lab, kept)
    if step is None:
        return None
    side = 4 * _SEAM_PX + 1
    within = cv2.erode(kept.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    return round(max(0.0, step - (_step(lab, within) or 0.0)), 2)


def _step(lab: np.ndarray, side: np.ndarray) -> float | None:
    """The mean distance between the colours on both sides of the border of an area; None where there is none."""
    border = side & (cv2.erode(side.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    (inner, inner_share), (outer, outer_share) = _averaged(lab, side), _averaged(lab, ~side)
    border &= (inner_share > _LEAST_OF_SIDE) & (outer_share > _LEAST_OF_SIDE)
    return float(np.linalg.norm(inner - outer, axis=-1)[border].mean()) if border.any() else None


def _averaged(lab: np.ndarray, side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean colour of what lies near each pixel on one side, and the share that does."""
    weight, size = side.astype(np.float32), (_SEAM_PX, _SEAM_PX)
    share = cv2.blur(weight, size)
    return cv2.blur(lab * weight[..., None], size) / np.maximum(share, 1e-6)[..., None], share
