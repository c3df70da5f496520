"""What a mask encloses becomes part of it: in a grey one up to the weakest spot of the ring around. Knows no `Mask`.

That is morphological reconstruction by erosion (Vincent, 1993). Of bytes it is found bit by bit, the highest first:
eight times the parts that hang together, where sorting all pixels takes several times as long and cannot be stopped.
"""

from __future__ import annotations

import cv2
import numpy as np

from lab.core.reporter import check_wanted
from lab.retouch.morphology.discs import box_around

_AROUND = np.ones((3, 3), np.uint8)
_UPHILL_STEPS = 4
"""So many pixels from the outside inwards a rising edge is followed first: most edges are no wider, and are done."""


def without_holes(levels: np.ndarray, full: float) -> np.ndarray:
    """The levels with everything that they enclose; a bay that is open to the border is no hole.

    Args:
        levels: floats or uint8, height x width, 0..`full`.
        full: the level of a fully masked pixel.
    """
    hard = levels == full
    if (hard | (levels == 0)).all():
        return np.where(_from_border(~hard, connectivity=4), 0, full)
    if levels.dtype == np.uint8:
        return _up_to_the_weakest_spot(levels)
    from skimage.morphology import reconstruction

    seed = np.full_like(levels, full)
    for edge in _edges():
        seed[edge] = levels[edge]
    return reconstruction(seed, levels, method="erosion")


def _up_to_the_weakest_spot(levels: np.ndarray) -> np.ndarray:
    """Each pixel as the least of all ways to it from the border, a way counting by its highest level."""
    check_wanted()
    levels = np.where(_from_border(levels < 255, connectivity=8), levels, np.uint8(255))
    check_wanted()
    settled = (levels == 255) | _from_border(levels == 0, connectivity=8)
    for edge in _edges():
        settled[edge] = True
    for _ in range(_UPHILL_STEPS):
        check_wanted()
        settled |= cv2.erode(np.where(settled, levels, np.uint8(255)), _AROUND) <= levels
    box = box_around(~settled, 1)
    if not box.is_empty:
        here = np.s_[box.top : box.bottom, box.left : box.right]
        levels[here] = _bit_by_bit(levels[here], settled[here])
    return levels


def _bit_by_bit(levels: np.ndarray, settled: np.ndarray) -> np.ndarray:
    """The same, where some pixels are `settled`: they keep their level, and all around the array are among them."""
    known = np.zeros_like(levels)  # the bits of the answer so far
    for bit in (np.uint8(1 << place) for place in reversed(range(8))):
        check_wanted()
        # A way to a pixel that is higher than one beside it can go over that one: its own level decides.
        settled = settled | (cv2.erode(known, _AROUND) < known)
        if settled.all():
            break
        is_low = levels < known + bit
        within = is_low & ~settled
        # Of those with the same bits so far, else the lower one would have settled the other.
        starts = cv2.erode(np.where(is_low & settled, known, np.uint8(255)), _AROUND) == known
        count, labels = cv2.connectedComponents(within.astype(np.uint8), connectivity=8)
        parts: np.ndarray = np.asarray(labels)
        check_wanted()
        is_reached: np.ndarray = np.zeros(count, bool)
        is_reached[parts[within & starts]] = True
        known += bit * ~np.where(settled, is_low, is_reached[parts])
    return np.where(settled, levels, known)


def _from_border(passable: np.ndarray, connectivity: int) -> np.ndarray:
    """Which pixels can be come to from beyond the border over such that are passable."""
    outside = cv2.copyMakeBorder((~passable).view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(outside, None, (0, 0), 2, flags=connectivity)
    return outside[1:-1, 1:-1] == 2


def _edges() -> tuple[tuple[slice | int, ...], ...]:
    """The first and last row, and the first and last column."""
    return np.s_[:1, :], np.s_[-1:, :], np.s_[:, :1], np.s_[:, -1:]
