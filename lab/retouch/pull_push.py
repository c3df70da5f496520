"""Colours spread smoothly from where they are known to where they are not, at any distance, in time linear in pixels.

Pull and push over a pyramid: each coarser level averages what is known, each finer one takes the rest from it.
"""

from __future__ import annotations

import cv2
import numpy as np

from lab.core.reporter import by_rows, check_wanted, with_rows_around

_SMOOTHINGS = 4
"""On each level the unknown is evened out so many times, so that it meets the known without a step."""
_REACH_PX = 2
"""So far a smoothing reaches."""


def spread(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """`values` where `known` is 1, and a smooth continuation of them elsewhere.

    Args:
        values: float32, height x width x channels; what stands where nothing is known does not matter.
        known: float32, height x width, 0..1: how much each value counts.

    Returns:
        float32 of the shape of `values`; zero everywhere when nothing is known.
    """
    check_wanted()
    shape, values = values.shape, values.reshape(*known.shape, -1)
    known = by_rows(lambda known: np.clip(known.astype(np.float32), 0, 1), known)
    weighted = by_rows(lambda values, known: values.astype(np.float32) * known[..., None], values, known)
    return _pulled_and_pushed(weighted, known).reshape(shape)


def _pulled_and_pushed(weighted: np.ndarray, known: np.ndarray) -> np.ndarray:
    """All values, of values already multiplied by how much they are known."""
    check_wanted()
    height, width = known.shape
    if height == width == 1:
        return weighted / np.maximum(known, 1e-6)[..., None]
    coarse_size = ((width + 1) // 2, (height + 1) // 2)
    # The sum over 2 x 2 pixels; a cell in which more than one pixel is known is fully known.
    coarse = 4 * cv2.resize(_even(weighted), coarse_size, interpolation=cv2.INTER_AREA)
    check_wanted()
    coarse_known = 4 * cv2.resize(_even(known), coarse_size, interpolation=cv2.INTER_AREA)
    full = np.maximum(coarse_known, 1)
    coarse = coarse.reshape(*coarse_known.shape, -1) / full[..., None]
    check_wanted()
    far = _pulled_and_pushed(coarse, coarse_known / full)
    values = cv2.resize(far, (2 * coarse_size[0], 2 * coarse_size[1]), interpolation=cv2.INTER_LINEAR)
    values = values.reshape(2 * coarse_size[1], 2 * coarse_size[0], -1)[:height, :width]
    check_wanted()
    unknown = by_rows(lambda known: (1 - known)[..., None], known)
    for _ in range(_SMOOTHINGS):
        values = _smoothed(by_rows(_mixed, weighted, unknown, values))
    return by_rows(_mixed, weighted, unknown, values)


def _even(values: np.ndarray) -> np.ndarray:
    """With an empty row and column more where their number is odd."""
    down, across = (length % 2 for length in values.shape[:2])
    return np.pad(values, ((0, down), (0, across), *((0, 0),) * (values.ndim - 2))) if down or across else values


def _smoothed(values: np.ndarray) -> np.ndarray:
    """A blur over 5 x 5."""
    size = (2 * _REACH_PX + 1,) * 2
    return with_rows_around(lambda rows: cv2.GaussianBlur(rows, size, 0).reshape(rows.shape), values, _REACH_PX)


def _mixed(weighted: np.ndarray, unknown: np.ndarray, values: np.ndarray) -> np.ndarray:
    return weighted + unknown * values
