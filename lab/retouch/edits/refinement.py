"""Brings two pictures that lie nearly on each other exactly there: by all edges at once, not by those that were edited.

Lucas and Kanade's method (Baker and Matthews 2004, inverse compositional) for a shift, zoom and turn and a change of
light, with Tukey's weights: what differs in more than the others do does not count.
"""

from __future__ import annotations

import cv2
import numpy as np

_BLUR_PX = 2.5
"""What is finer an autoencoder draws anew, each time elsewhere."""
_EDGES = 0.6
"""So large a share of the pixels counts, those with the steepest edges; flat ones say nothing of where they lie."""
_MOST = 80_000
_LEAST = 200
_ROUNDS = 20
_DONE_PX = 0.005
_TUKEY = 4.685 * 1.4826
"""Of the median residual: as sure as least squares where all is noise (Holland and Welsch 1977)."""
_LEAST_RESIDUAL = 0.5
"""Of 255 levels: pictures that agree to the bit have a median of 0."""
_NOWHERE = -1e4
_SAME_WAY = 0.8
"""The cosine between two edges that go the same way: up to 37 degrees, which of edges by chance one of five is."""


def refined(before: np.ndarray, after: np.ndarray, start: np.ndarray) -> np.ndarray:
    """A map from the places in one picture to those in the other, 2 x 3, from one that is off by some pixels.

    Args:
        before: height x width, uint8, grey.
        after: the same after it was moved and changed.
        start: the map to begin with.
    """
    height, width = before.shape
    soft, other = (_soft(one) for one in (before, after))
    across, down = _slopes(soft)
    places = _steepest(np.hypot(across, down), _EDGES)
    if len(places[0]) < _LEAST:
        return start
    values, across, down = (one[places].astype(np.float64) for one in (soft, across, down))
    half = max(height, width) / 2
    right, below = (places[1] - width / 2) / half, (places[0] - height / 2) / half
    light = np.stack([values - values.mean(), np.ones_like(values)], 1)
    moves = np.stack([across, down, across * right + down * below, down * right - across * below], 1)
    steps = np.hstack([moves, light])
    to_unit = np.array([[1 / half, 0, -width / 2 / half], [0, 1 / half, -height / 2 / half], [0, 0, 1]])
    found, lit = np.vstack([start, [0, 0, 1]]).astype(np.float64), None
    for _ in range(_ROUNDS):
        off = _moved(other, found[:2], cv2.BORDER_CONSTANT)[places] - values
        seen = off > _NOWHERE / 2
        if seen.sum() < _LEAST:
            return start
        lit = np.array([0, np.median(off[seen])]) if lit is None else lit
        rest = np.abs(off - light @ lit)
        far = _TUKEY * max(float(np.median(rest[seen])), _LEAST_RESIDUAL)
        weights = np.where(seen & (rest < far), (1 - (rest / far) ** 2) ** 2, 0)[:, None]
        normal = steps.T @ (steps * weights)
        step = np.linalg.lstsq(normal, steps.T @ (weights[:, 0] * off), rcond=None)[0]
        x, y, zoom, turn = step[:4] / half
        by = np.array([[1 + zoom, -turn, x], [turn, 1 + zoom, y], [0, 0, 1]])
        found = found @ np.linalg.inv(to_unit) @ np.linalg.inv(by) @ to_unit
        lit = step[4:]
        if np.abs(step[:4]).max() < _DONE_PX:
            break
    return found[:2]


def share_alike(before: np.ndarray, after: np.ndarray, lies: np.ndarray) -> float:
    """Of the edges of one picture, the share that goes the same way in another where a map puts it, 0..1.

    Whatever the light; of pictures that have nothing in common about a fifth, with one in a part of the other less than
    a half.
    """
    soft, other = _soft(before), _moved(_soft(after), lies, cv2.BORDER_REFLECT_101)
    (across, down), (across_there, down_there) = _slopes(soft), _slopes(other)
    steep = np.hypot(across, down)
    places = _steepest(steep, _EDGES / 2)
    if not len(places[0]):
        return 0.0
    along = across * across_there + down * down_there
    cosines = along[places] / (steep * np.hypot(across_there, down_there) + 1e-6)[places]
    return float((cosines > _SAME_WAY).mean())


def _soft(grey: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _BLUR_PX)


def _slopes(soft: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """In levels a pixel, to the right and downwards."""
    across, down = (cv2.Sobel(soft, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
    return across, down


def _steepest(steep: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """The places (y, x) of so large a share of the pixels; not more than are worth their time, spread evenly."""
    least = max(float(np.quantile(steep[::4, ::4], 1 - share)), 0.2)
    y, x = np.nonzero(steep > least)
    every = max(1, len(y) // _MOST)
    return y[::every], x[::every]


def _moved(soft: np.ndarray, lies: np.ndarray, border: int) -> np.ndarray:
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(soft, lies, soft.shape[::-1], flags=way, borderMode=border, borderValue=(_NOWHERE,))
