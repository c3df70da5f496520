"""Pictures to retouch: backgrounds whose colours are known, random masks, and how large a step across a seam is."""

from __future__ import annotations

import cv2
import numpy as np

from lab.core import Box, Mask, Picture, Size
from lab.retouch.colours import to_lab


def flat(size: Size, colour: tuple[int, int, int] = (180, 140, 90)) -> Picture:
    return Picture(np.full((size.height, size.width, 3), colour, np.uint8))


def gradient(size: Size) -> Picture:
    """Soft light from the left, warm at the top and cool at the bottom."""
    x, y = np.meshgrid(np.linspace(0, 1, size.width), np.linspace(0, 1, size.height))
    return Picture(np.rint(np.stack([90 + 120 * x, 110 + 60 * x + 20 * y, 80 + 110 * y], -1)).astype(np.uint8))


def checkerboard(size: Size) -> Picture:
    """Black and white pixels in turn: the slightest resampling or shift changes all of them."""
    pixels = (np.indices((size.height, size.width)).sum(0) % 2 * 255).astype(np.uint8)
    return Picture(np.repeat(pixels[..., None], 3, axis=2))


def noise(size: Size, seed: int = 0, channels: int = 3) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 256, (size.height, size.width, channels), np.uint8))


def mask_with(size: Size, *boxes: Box) -> Mask:
    pixels = np.zeros((size.height, size.width), np.uint8)
    for box in boxes:
        pixels[box.top : box.bottom, box.left : box.right] = 255
    return Mask(pixels)


def random_mask(dice: np.random.Generator, size: Size) -> Mask:
    """One to four islands anywhere, over the border too, hard or soft, some with a hole."""
    pixels = np.zeros((size.height, size.width), np.float32)
    y, x = np.indices(pixels.shape)
    for _ in range(int(dice.integers(1, 5))):
        centre = dice.uniform((0, 0), size)
        radius = dice.uniform(2, max(size) / 4)
        distance = np.hypot(x - centre[0], y - centre[1])
        island = np.clip((radius - distance) / dice.choice([0.01, radius]), 0, 1)
        if dice.random() < 0.3:
            island *= distance > radius / 2
        pixels = np.maximum(pixels, island)
    pixels[tuple(int(dice.integers(0, side)) for side in pixels.shape)] = 1
    return Mask(np.rint(pixels * 255).astype(np.uint8))


def step_across_the_seam(picture: Picture, mask: Mask, before: Picture) -> float:
    """The largest colour step in CIELAB that a seam adds, for a picture whose content should look as before.

    The change just inside the mask is averaged over 5 x 5 pixels, of which at least 5 are masked: eight bits alone make
    steps of up to one level.
    """
    inside = mask.pixels > 0
    change = (to_lab(picture.pixels) - to_lab(before.pixels)) * inside[..., None]
    count = np.maximum(cv2.blur(inside.astype(np.float32), (5, 5)), 1e-3)
    step = np.linalg.norm(cv2.blur(change, (5, 5)) / count[..., None], axis=-1)
    rim = inside & (cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    return float(step[rim & (25 * count >= 4.5)].max(initial=0))
