"""Where a cut-out subject stands: the line on which it meets the floor, read from its alpha alone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_SOLID = 0.5
"""A pixel at least this opaque, against the most opaque one, can stand on the floor."""
_VISIBLE = 0.02
_STANDING = 0.16
"""Feet end within this share of the subject's height above its lowest point: rear legs stand farther back."""
_FOOT = 0.06
"""The share of the subject's width within which only the lowest point can be a foot."""


@dataclass(frozen=True)
class Ground:
    """A subject and the floor under it, in pixels.

    Args:
        line: for each column of the picture the row at which the floor is touched, between and beyond the feet too.
        lowest: for each column the subject's lowest row; -1 where there is nothing of it.
        top: the subject's highest row.
        width: the subject's width.
    """

    line: np.ndarray
    lowest: np.ndarray
    top: int
    width: int

    @property
    def height(self) -> float:
        """The subject's height above the lowest point of the floor's line."""
        return float(self.line.max()) - self.top


def ground_under(alpha: np.ndarray) -> Ground | None:
    """The floor under a subject, from its alpha (floats 0..1, height x width); None when nothing is seen."""
    strongest = float(alpha.max())
    solid = alpha >= max(_SOLID * strongest, _VISIBLE)
    columns = np.flatnonzero(solid.any(axis=0))
    if not columns.size:
        return None
    height = alpha.shape[0]
    lowest = np.where(solid.any(axis=0), height - 1 - np.argmax(solid[::-1], axis=0), -1)
    top = int(np.flatnonzero(solid.any(axis=1))[0])
    width = int(columns[-1] - columns[0] + 1)
    foot = max(1, round(width * _FOOT))
    neighbours = cv2.dilate(lowest.astype(np.float32)[None], np.ones((1, 2 * foot + 1), np.uint8))[0]
    floor = lowest.max() - _STANDING * (lowest.max() - top)
    feet = np.flatnonzero((lowest >= 0) & (lowest == neighbours) & (lowest >= floor))
    line = np.interp(np.arange(alpha.shape[1]), feet, lowest[feet]) + 1
    return Ground(line, lowest, top, width)
