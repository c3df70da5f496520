"""Colours as the eye counts them: CIELAB, and the mean and spread of the colours of a part of a picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from lab.core.reporter import bands, by_rows


class ColourStatistics(NamedTuple):
    """The mean and the standard deviation of L (0..100), a and b (about -110..100), three numbers each."""

    mean: np.ndarray
    spread: np.ndarray


def to_lab(pixels: np.ndarray) -> np.ndarray:
    """CIELAB (D65) as float32, height x width x 3, of uint8 RGB or RGBA; alpha is left out."""
    return by_rows(lambda rows: cv2.cvtColor(rows[..., :3].astype(np.float32) / 255, cv2.COLOR_RGB2LAB), pixels)


def to_rgb(lab: np.ndarray) -> np.ndarray:
    """RGB as float32, 0..255, not rounded, of CIELAB; colours that no screen can show are clipped."""
    return by_rows(lambda rows: np.clip(cv2.cvtColor(rows.astype(np.float32), cv2.COLOR_LAB2RGB), 0, 1) * 255, lab)


def statistics(lab: np.ndarray, weights: np.ndarray) -> ColourStatistics:
    """Mean and spread of the colours where `weights` (height x width, at least one above 0) says that they count.

    A pixel of weight 0 takes no part at all: it is not counted as black.
    """
    weight, total, squares = 0.0, np.zeros(3), np.zeros(3)
    for colours, own in _counted(lab, weights):
        weight += own.sum()
        total += own @ colours
    mean = total / weight
    for colours, own in _counted(lab, weights):
        squares += own @ (colours - mean) ** 2
    return ColourStatistics(mean, np.sqrt(squares / weight))


def _counted(lab: np.ndarray, weights: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The colours that count and their weights, in doubles, some at a time."""
    for colours, own in bands(lab, weights):
        counted = own > 0
        yield colours[counted].astype(np.float64), own[counted].astype(np.float64)


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
    move = (wanted.mean - own.mean * gain).astype(np.float32)
    return by_rows(lambda lab: lab * gain.astype(np.float32) + move, lab)
