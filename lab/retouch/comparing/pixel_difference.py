"""How far two pictures are apart, in numbers and as a map. Knows no files and no recipes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import reduce

import cv2
import numpy as np

from lab.core.picture import Picture

_LEAST_SHARE = 0.0001
"""A share below this is none in two digits."""
_ROWS_AT_ONCE = 128


@dataclass(frozen=True)
class PixelDifference:
    """How far two pictures are apart.

    Args:
        largest: the largest difference of any channel of any pixel, 0..255.
        mean: of all channels of all pixels, 0..255.
        share: how many of the pixels differ, 0..1.
        psnr_db: peak signal to noise, in decibels: some 40 is hard to see; infinite where nothing differs.
        map: grey, of the first picture's size: the largest difference of any channel of each pixel, 0 where none is.
        is_scaled: whether the sizes differ, so that the second was brought to the first one's for all of this.
    """

    largest: int
    mean: float
    share: float
    psnr_db: float
    map: Picture = field(repr=False)
    is_scaled: bool = False

    @property
    def is_identical(self) -> bool:
        """Whether size and every pixel are the same."""
        return self.largest == 0 and not self.is_scaled

    def __str__(self) -> str:
        if self.is_identical:
            return "identical: every pixel is the same"
        noise = "" if math.isinf(self.psnr_db) else f", PSNR {self.psnr_db:.1f} dB"
        share = f"{self.share:.2%}" if self.share >= _LEAST_SHARE or not self.share else "less than 0.01%"
        said = f"{share} of the pixels differ, by {self.largest} of 255 at most, {self.mean:.3g} on average{noise}"
        return f"{said}; the sizes differ, the second was scaled to the first" if self.is_scaled else said


def pixel_difference(first: Picture, second: Picture) -> PixelDifference:
    """How far two pictures are apart; transparency counts as a channel, and hidden colours as they stand."""
    is_scaled = first.size != second.size
    one, other = first.pixels, second.resized(first.size).pixels
    if first.has_alpha or second.has_alpha:
        one, other = _with_alpha(one), _with_alpha(other)
    levels = _largest(one, other)
    squared = cv2.norm(one, other, cv2.NORM_L2SQR) / one.size
    return PixelDifference(
        largest=int(levels.max()),
        mean=float(cv2.norm(one, other, cv2.NORM_L1) / one.size),
        share=cv2.countNonZero(levels) / levels.size,
        psnr_db=10 * math.log10(255**2 / squared) if squared else math.inf,
        map=Picture(cv2.merge([levels] * 3)),
        is_scaled=is_scaled,
    )


def _largest(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The largest difference of any channel of each pixel; some rows at a time."""
    levels = np.empty(one.shape[:2], np.uint8)
    for top in range(0, len(one), _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        levels[rows] = reduce(np.maximum, cv2.split(cv2.absdiff(one[rows], other[rows])))
    return levels


def shrunk_map(difference: Picture, longest_px: int) -> Picture:
    """A map made smaller so that the largest differences stay: of each block of pixels the largest counts.

    Args:
        difference: as `PixelDifference.map`.
        longest_px: the longer side of what is wanted, at least 1; a map that is no longer stays as it is.
    """
    by = -(-max(difference.size) // longest_px)
    if by <= 1:
        return difference
    levels = difference.pixels[..., 0]
    height, width = (-(-side // by) for side in levels.shape)
    padded = np.pad(levels, ((0, height * by - levels.shape[0]), (0, width * by - levels.shape[1])))
    largest = padded.reshape(height, by, width, by).max(axis=(1, 3))
    return Picture(np.repeat(largest[..., None], 3, axis=2))


def _with_alpha(pixels: np.ndarray) -> np.ndarray:
    """With an alpha channel, opaque where there was none."""
    if pixels.shape[2] == 4:
        return pixels
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
