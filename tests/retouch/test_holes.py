"""Filled holes are what scikit-image's reconstruction makes of a mask, to the last level."""

from __future__ import annotations

import cv2
import numpy as np
from skimage.morphology import reconstruction

from lab.core.picture import Mask
from lab.retouch.masks import holes_filled


def reconstructed(levels: np.ndarray) -> np.ndarray:
    seed = np.full_like(levels, 255)
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        seed[edge] = levels[edge]
    return reconstruction(seed, levels, method="erosion")


def test_holes_of_grey_masks_are_filled_as_by_reconstruction() -> None:
    dice = np.random.default_rng(0)
    filled = 0
    for number in range(120):
        size, most = dice.integers(1, 50, 2), dice.integers(2, 256)
        levels = (dice.integers(0, most + 1, size) * (255 // most)).astype(np.uint8)
        if number % 3 == 0:
            levels = cv2.GaussianBlur(levels, (0, 0), 1.5)
        elif number % 3 == 1:  # islands, holes and edges of many pixels
            levels = np.where(dice.random(levels.shape) < 0.5, dice.choice([0, 255], levels.shape), levels)
        levels = levels.astype(np.uint8)
        levels[0, 0] = 99  # no mask of yes and no, in which what touches by a corner alone is a ring as well
        wanted = reconstructed(levels)
        assert np.array_equal(holes_filled(Mask(levels)).pixels, wanted), f"mask {number} of {levels.shape}"
        filled += int((wanted > levels).sum())
    assert filled > 10_000, "there are holes to be filled"
