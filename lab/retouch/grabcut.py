"""GrabCut: subject and background told apart by their colours, from a first guess. The same guess, the same answer."""

from __future__ import annotations

import cv2
import numpy as np


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
