"""Two things side by side, each in its half: what `bench.regions` draws, and how it is seen whose colour is where."""

from __future__ import annotations

import cv2
import numpy as np

from lab.core import Mask, Picture, Size, region
from lab.core.conditioning import RegionGuide

HUES = {"red": (170, 8), "orange": (5, 22), "yellow": (20, 35), "green": (38, 88), "blue": (90, 135)}
"""Of OpenCV's 180 hues, from and to; red goes over the end."""
PAIRS = (
    ("a red apple", "a blue cup"), ("a yellow star", "a green tree"), ("a red heart", "a green leaf"),
    ("an orange cat", "a blue fish"), ("a blue cup", "a red apple"), ("a green tree", "a yellow star"),
    ("a yellow lemon", "a blue house"), ("a red flower", "a green apple"), ("a blue bird", "a yellow flower"),
    ("a green leaf", "an orange pumpkin"),
)  # fmt: skip
_SEEN_SATURATION, _SEEN_VALUE = 90, 60
_LEAST, _TIMES = 0.03, 3


def halves(left: str, right: str, size: Size) -> list[RegionGuide]:
    """The regions of two prompts, side by side."""
    levels = np.zeros((size.height, size.width), np.uint8)
    levels[:, : size.width // 2] = 255
    return [region(Mask(levels), left), region(Mask(255 - levels), right)]


def is_right(picture: Picture, left: str, right: str) -> bool:
    """Whether each half has the colour in its prompt on 3 % of it at least, and thrice as much as the other's."""
    middle = picture.size.width // 2
    here = picture.pixels[:, :middle, :3], picture.pixels[:, middle:, :3]
    one, other = left.split()[1], right.split()[1]
    return _mostly(here[0], one, other) and _mostly(here[1], other, one)


def _mostly(pixels: np.ndarray, colour: str, other: str) -> bool:
    own, foreign = _share(pixels, colour), _share(pixels, other)
    return own > _LEAST and own > _TIMES * foreign


def _share(pixels: np.ndarray, colour: str) -> float:
    """Of the pixels (RGB, 0..255), how many are of a colour, 0..1."""
    hue, saturation, value = cv2.split(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2HSV))
    low, high = HUES[colour]
    near = (hue >= low) & (hue < high) if low < high else (hue >= low) | (hue < high)
    return float((near & (saturation > _SEEN_SATURATION) & (value > _SEEN_VALUE)).mean())
