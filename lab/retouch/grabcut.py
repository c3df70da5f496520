"""GrabCut: subject and background told apart by their colours, from a first guess. The same guess, the same answer."""

from __future__ import annotations

import cv2
import numpy as np

from lab.retouch.colours import to_lab
from lab.retouch.pull_push import spread

_LIGHTNESS = 0.6
"""How much lightness counts against colour: soft shadows on the background differ from it in lightness alone."""


def difference_from(colours: np.ndarray, background: np.ndarray) -> np.ndarray:
    """How much each pixel differs, in CIELAB, from a background that goes on smoothly from where it is known.

    Args:
        colours: uint8 RGB.
        background: float32, height x width, 0..1: how surely each pixel is background.
    """
    lab = cv2.GaussianBlur(to_lab(colours), (3, 3), 0)
    off = lab - spread(lab, background)
    off[..., 0] *= _LIGHTNESS
    return np.linalg.norm(off, axis=-1)


def grabcut(colours: np.ndarray, guess: np.ndarray, rounds: int) -> np.ndarray:
    """Where the subject is, as truths.

    Args:
        colours: uint8 RGB; the time grows with the pixels, so give it a small picture.
        guess: uint8, height x width, of OpenCV's GC_FGD, GC_BGD (both kept), GC_PR_FGD and GC_PR_BGD (both tried).
        rounds: how often colours and outline are found anew from each other.
    """
    both = [np.isin(guess, kinds).any() for kinds in ((cv2.GC_FGD, cv2.GC_PR_FGD), (cv2.GC_BGD, cv2.GC_PR_BGD))]
    if all(both):
        cv2.setRNGSeed(0)
        guess = guess.copy()
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(np.ascontiguousarray(colours), guess, (0, 0, 1, 1), *models, rounds, cv2.GC_INIT_WITH_MASK)
    return np.isin(guess, (cv2.GC_FGD, cv2.GC_PR_FGD))
