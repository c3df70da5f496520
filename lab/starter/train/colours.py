"""Colour words: what they look like, how an object is repainted to one, and which one an object already has."""

from __future__ import annotations

import cv2
import numpy as np

# hue in degrees; (saturation factor, lowest saturation, value factor, value lift), all in 0..1
HUES: dict[str, float] = {
    "red": 0, "orange": 28, "yellow": 50, "green": 120, "turquoise": 176, "blue": 215, "purple": 275, "pink": 330,
}  # fmt: skip
GREYS = {"black": (0.30, 0.0), "white": (0.35, 0.65), "gray": (0.70, 0.08)}  # value factor, value lift
BROWN = "brown"  # a dark orange
ALL_COLOURS = (*HUES, BROWN, *GREYS)

_BAND_DEG = 55  # hues this near to the object's own are repainted with it; a stem stays green
_SAME_DEG = 22


def hue_distance(first_deg: np.ndarray | float, second_deg: np.ndarray | float) -> np.ndarray:
    """The shorter way round the colour circle, 0 to 180 degrees."""
    return np.abs((np.asarray(first_deg) - second_deg + 180) % 360 - 180)


def hsv_of(rgb: np.ndarray) -> np.ndarray:
    """Float HSV (hue in degrees, the rest 0..1) of an 8-bit RGB picture."""
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)


def main_hue(rgb: np.ndarray, alpha: np.ndarray) -> tuple[float, float]:
    """The hue that most of an object has, in degrees, and the share of its pixels (0..1) that are near it."""
    hsv = hsv_of(rgb)
    inside = alpha > 128
    hue, saturation, value = hsv[inside].T if inside.any() else np.zeros((3, 1), np.float32)
    weight = np.where((saturation > 0.25) & (value > 0.15), saturation, 0)
    if weight.sum() < 0.08 * len(weight):
        return 0.0, 0.0
    histogram = np.bincount((hue / 10).astype(int) % 36, weight, 36)
    smooth = histogram + 0.7 * (np.roll(histogram, 1) + np.roll(histogram, -1))
    peak = int(smooth.argmax()) * 10 + 5.0
    near = hue_distance(hue, peak) < 30
    peak = peak + float(np.average((hue[near] - peak + 180) % 360 - 180, weights=weight[near] + 1e-6))
    return peak % 360, float((near & (weight > 0)).mean())


def own_colour(rgb: np.ndarray, alpha: np.ndarray) -> str | None:
    """The colour word that fits an object as it is, or None when no single one does."""
    hue, share = main_hue(rgb, alpha)
    if share > 0.55:
        word = min(HUES, key=lambda name: float(hue_distance(hue, HUES[name])))
        hsv = hsv_of(rgb)[alpha > 128]
        near = hue_distance(hsv[:, 0], hue) < 30
        if word in ("red", "orange") and hsv[near, 2].mean() < 0.62:
            return BROWN
        return word if hue_distance(hue, HUES[word]) < _SAME_DEG else None
    inside = hsv_of(rgb)[alpha > 128]
    if len(inside) and np.mean(inside[:, 1] < 0.2) > 0.75:
        value = float(np.median(inside[:, 2]))
        return "white" if value > 0.82 else "black" if value < 0.35 else "gray"
    return None


def repaint(rgb: np.ndarray, alpha: np.ndarray, word: str) -> np.ndarray:
    """The same object in another colour: its main hue is turned to the word's, light and shade stay."""
    hsv = hsv_of(rgb)
    hue, share = main_hue(rgb, alpha)
    colourless = share < 0.25
    if colourless:
        weight = np.ones(hsv.shape[:2], np.float32)
    else:
        weight = np.clip((_BAND_DEG - hue_distance(hsv[..., 0], hue)) / 20, 0, 1).astype(np.float32)
    weight = weight[..., None]
    painted = hsv.copy()
    if word in GREYS:
        factor, lift = GREYS[word]
        painted[..., 1] *= 0.06
        painted[..., 2] = np.clip(lift + painted[..., 2] * factor, 0, 1)
    else:
        target = HUES["orange"] - 4 if word == BROWN else HUES[word]
        spread = 0 if colourless else ((hsv[..., 0] - hue + 180) % 360 - 180) * 0.35
        painted[..., 0] = (target + spread) % 360
        if colourless:
            painted[..., 1] = np.clip(0.35 + 0.5 * (1 - np.abs(2 * hsv[..., 2] - 1.1)), 0.25, 0.85)
            painted[..., 2] = np.clip(0.15 + 0.9 * hsv[..., 2], 0, 1)
        painted[..., 1] = np.clip(painted[..., 1] * 1.05, 0, 1)
        if word == BROWN:
            painted[..., 1] = np.clip(painted[..., 1], 0.3, 0.75)
            painted[..., 2] *= 0.6
        elif word == "pink":
            painted[..., 1] *= 0.62
            painted[..., 2] = np.clip(0.25 + 0.8 * painted[..., 2], 0, 1)
        elif word == "yellow":
            painted[..., 2] = np.clip(0.2 + 0.85 * painted[..., 2], 0, 1)
    changed = cv2.cvtColor(painted, cv2.COLOR_HSV2RGB)
    mixed = rgb.astype(np.float32) / 255 * (1 - weight) + changed * weight
    return np.clip(mixed * 255 + 0.5, 0, 255).astype(np.uint8)
