"""Colours as the eye counts them: CIELAB, and the mean and spread of the colours of a part of a picture."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np


class ColourStatistics(NamedTuple):
    """The mean and the standard deviation of L (0..100), a and b (about -110..100), three numbers each."""

    mean: np.ndarray
    spread: np.ndarray


def to_lab(pixels: np.ndarray) -> np.ndarray:
    """CIELAB (D65) as float32, height x width x 3, of uint8 RGB or RGBA; alpha is left out."""
    return cv2.cvtColor(pixels[..., :3].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def to_rgb(lab: np.ndarray) -> np.ndarray:
    """RGB as float32, 0..255, not rounded, of CIELAB; colours that no screen can show are clipped."""
    return np.clip(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB), 0, 1) * 255


def statistics(lab: np.ndarray, weights: np.ndarray) -> ColourStatistics:
    """Mean and spread of the colours where `weights` (height x width, at least one above 0) says that they count.

    A pixel of weight 0 takes no part at all: it is not counted as black.
    """
    counted = weights > 0
    colours, weights = lab[counted].astype(np.float64), weights[counted].astype(np.float64)
    mean = weights @ colours / weights.sum()
    spread = np.sqrt(weights @ (colours - mean) ** 2 / weights.sum())
    return ColourStatistics(mean, spread)


def matched(
    lab: np.ndarray, own: ColourStatistics, wanted: ColourStatistics, *, largest_gain: float = 2.0
) -> np.ndarray:
    """CIELAB moved and stretched so that colours with the statistics `own` would have those `wanted`.

    The stretch lies between 1 / `largest_gain` and `largest_gain`; where either spread is below one unit, which is
    noise rather than contrast, colours are moved and not stretched.
    """
    noise = (own.spread < 1) | (wanted.spread < 1)
    gain = np.where(noise, 1, wanted.spread / np.maximum(own.spread, 1e-6))
    gain = np.clip(gain, 1 / largest_gain, largest_gain)
    return lab * gain.astype(np.float32) + (wanted.mean - own.mean * gain).astype(np.float32)
