"""How far a mask reaches when a disc is rolled along its edge; the work hardly grows with the disc. Knows no `Mask`.

Three ways to one disc: a small one is applied as it is. For a mask of yes and no the distance to its edge says all.
A grey mask is rolled along the sides of a polygon, each walked in strides that treble: the polygon lies within
2.5 pixels, or 0.6 %, of the disc.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from lab.core.geometry import Box, Size
from lab.core.reporter import check_wanted

_SMALL_PX = 8
"""Up to this radius a disc is applied as it is: 200 pixels of it take less time than one map of distances."""
_SIDES, _SIDES_OF_SMALL, _SMALL_POLYGON_PX = 16, 10, 128
"""Of half of the polygon: with sixteen it is off the circle by 1 - cos(pi / 32), 0.5 % of the radius. Of one below 128
pixels so many corners, put on whole pixels, would bulge."""


def dilated(levels: np.ndarray, px: int, full: float) -> np.ndarray:
    """Each pixel as the strongest within `px` of it; levels are floats or uint8, height x width, 0..`full`."""
    box = box_around(levels != 0, px)
    part, result = levels[box.top : box.bottom, box.left : box.right], np.zeros_like(levels)
    if not box.is_empty:
        result[box.top : box.bottom, box.left : box.right] = _dilated(part, px, full)
    return result


def eroded(levels: np.ndarray, px: int, full: float) -> np.ndarray:
    """Each pixel as the weakest within `px` of it; beyond the border nothing counts. Levels as for `dilated`."""
    box = box_around(levels != 0, 1)  # with the empty pixels next to it, which are what it shrinks from
    part, result = levels[box.top : box.bottom, box.left : box.right], np.zeros_like(levels)
    if not box.is_empty:
        result[box.top : box.bottom, box.left : box.right] = _eroded(part, px, full)
    return result


def box_around(there: np.ndarray, px: int) -> Box:
    """The box around everything that is there and `px` more, within the array; empty when nothing is."""
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    if not rows.size:
        return Box(0, 0, 0, 0)
    box = Box(int(columns[0]) - px, int(rows[0]) - px, int(columns[-1]) + 1 + px, int(rows[-1]) + 1 + px)
    return box.clipped(Size(there.shape[1], there.shape[0]))


def _dilated(levels: np.ndarray, px: int, full: float) -> np.ndarray:
    if px <= _SMALL_PX:
        return cv2.dilate(levels, _disc(px))
    if _is_hard(levels, full):
        return np.where(_distance_to(levels != 0) <= px, full, 0).astype(levels.dtype)
    return _rolled(levels, px, np.maximum, beyond=0)


def _eroded(levels: np.ndarray, px: int, full: float) -> np.ndarray:
    if px <= _SMALL_PX:
        return cv2.erode(levels, _disc(px))
    if (levels == full).all():
        return levels
    if _is_hard(levels, full):
        return np.where(_distance_to(levels == 0) > px, full, 0).astype(levels.dtype)
    return _rolled(levels, px, np.minimum, beyond=full)


def _is_hard(levels: np.ndarray, full: float) -> bool:
    """Whether every pixel is masked or not."""
    return bool(((levels == 0) | (levels == full)).all())


def _distance_to(there: np.ndarray) -> np.ndarray:
    """From each pixel's middle to the next middle that is there, in pixels, exactly: squares of whole numbers."""
    return cv2.distanceTransform((~there).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _rolled(levels: np.ndarray, px: int, stronger: np.ufunc, beyond: float) -> np.ndarray:
    """The levels under a polygon that rolls over them: a small disc, stretched along each of its sides."""
    small = _SMALL_PX - (_SMALL_PX - px) % 4  # so that the rest is a multiple of 4, and half of its corners whole
    around = cv2.copyMakeBorder(levels, px, px, px, px, cv2.BORDER_CONSTANT, value=beyond)
    around = (cv2.dilate if stronger is np.maximum else cv2.erode)(around, _disc(small))
    for across, down in _strides(px - small):
        check_wanted()
        one, other = _shifted(around, across, down)
        onto = around.copy()
        stronger(onto[one], around[other], out=onto[one])
        stronger(onto[other], around[one], out=onto[other])
        around = onto
    return around[px:-px, px:-px]


def _strides(radius: int) -> Iterator[tuple[int, int]]:
    """Shifts to both sides that, one after the other, draw a point out to a polygon of this radius."""
    sides = _SIDES if radius >= _SMALL_POLYGON_PX else _SIDES_OF_SMALL
    angles = np.pi * np.arange(sides + 1) / sides
    corners = 2 * np.rint(radius / 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(int)
    for half in np.diff(corners, axis=0) // 2:
        length, walked = int(np.abs(half).max()), 0
        while walked < length:
            reached = min(3 * walked + 1, length)  # without gaps: what is walked lies on both sides of a stride's end
            across, down = np.rint(half * reached / length) - np.rint(half * walked / length)
            walked = reached
            yield int(across), int(down)


def _shifted(levels: np.ndarray, across: int, down: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The part of an array that has a neighbour so far away, and the part where those neighbours are."""
    height, width = levels.shape
    rows = slice(max(0, -down), height - max(0, down)), slice(max(0, down), height - max(0, -down))
    columns = slice(max(0, -across), width - max(0, across)), slice(max(0, across), width - max(0, -across))
    return (rows[0], columns[0]), (rows[1], columns[1])


def _disc(radius: int) -> np.ndarray:
    across = np.arange(-radius, radius + 1)
    return (across[:, None] ** 2 + across**2 <= radius**2).astype(np.uint8)
