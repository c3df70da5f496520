"""Subjects to cut out, to place and to cast shadows, whose true outlines are known."""

from __future__ import annotations

import cv2
import numpy as np

from lab.core import Mask, Picture, Size

SIZE = Size(200, 160)
FOOT = 110
"""The row on which subjects stand."""


def standing(left: int = 90, right: int = 110, top: int = 50, size: Size = SIZE) -> Picture:
    """A post with noise for a surface, on nothing."""
    pixels = np.zeros((size.height, size.width, 4), np.uint8)
    dice = np.random.default_rng(0)
    pixels[top:FOOT, left:right, :3] = dice.integers(0, 256, (FOOT - top, right - left, 3))
    pixels[top:FOOT, left:right, 3] = 255
    return Picture(pixels)


def nothing(size: Size = SIZE) -> Picture:
    return Picture(np.zeros((size.height, size.width, 4), np.uint8))


def blob(size: Size) -> np.ndarray:
    """The alpha, 0..1, of a body with an arm, a hole and a soft edge."""
    alpha = np.zeros((size.height * 4, size.width * 4), np.uint8)
    middle = (size.width * 2, int(size.height * 2.2))
    cv2.circle(alpha, middle, size.height, 255, -1)
    cv2.line(alpha, middle, (size.width * 3, size.height), 255, size.height // 4)
    cv2.circle(alpha, (middle[0] - size.height // 4, middle[1]), size.height // 3, 0, -1)
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return cv2.GaussianBlur(small, (0, 0), 0.8)


def photographed(
    size: Size,
    background: tuple[int, int, int],
    subject: tuple[int, int, int] = (40, 110, 60),
    shadow: float = 0.3,
) -> Picture:
    """The blob on a background that gets darker downwards, with a soft shadow and the noise of a camera."""
    alpha = blob(size)[..., None]
    behind = np.linspace(1, 0.9, size.height)[:, None, None] * np.array(background, np.float32)
    dark = cv2.GaussianBlur(np.roll(alpha[..., 0], (size.height // 30, size.height // 40), (0, 1)), (0, 0), 9)
    seen = behind * (1 - shadow * dark[..., None]) * (1 - alpha) + np.array(subject, np.float32) * alpha
    seen = seen + np.random.default_rng(1).normal(0, 1.5, (size.height, size.width, 3))
    return Picture(np.rint(np.clip(seen, 0, 255)).astype(np.uint8))


def wrongness(alpha: Mask, truth: np.ndarray) -> float:
    """The mean error of alpha as a share of the subject's area."""
    return float(np.abs(alpha.pixels / 255 - truth).mean() / truth.mean())
