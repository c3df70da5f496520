"""Patterns painted on an object, and the lines a sketch shows of them: so that every line comes to mean an edge."""

from __future__ import annotations

import cv2
import numpy as np


def _stripes(size: int, rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:size, :size] / size
    turn = rng.uniform(0, np.pi)
    along = x * np.cos(turn) + y * np.sin(turn) + rng.uniform(0, 0.05) * np.sin(9 * (x - y))
    return ((along * rng.uniform(3, 9) + rng.random()) % 1 < rng.uniform(0.25, 0.6)).astype(np.uint8)


def _blobs(size: int, rng: np.random.Generator) -> np.ndarray:
    page = np.zeros((size, size), np.uint8)
    for _ in range(int(rng.integers(1, 9))):
        centre = tuple(int(each) for each in rng.uniform(0.15, 0.85, 2) * size)
        axes = tuple(int(each) for each in np.maximum(4, rng.uniform(0.02, 0.16, 2) * size))
        cv2.ellipse(page, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    return page


def _corners(size: int, rng: np.random.Generator) -> np.ndarray:
    page = np.zeros((size, size), np.uint8)
    for _ in range(int(rng.integers(1, 6))):
        count = int(rng.integers(3, 7))
        angles = np.sort(rng.uniform(0, 2 * np.pi, count))
        reach = rng.uniform(0.04, 0.2) * size * rng.uniform(0.6, 1, count)
        middle = rng.uniform(0.2, 0.8, 2) * size
        path = middle + np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None]
        cv2.fillPoly(page, [path.astype(np.int32)], 1)
    return page


def _grid(size: int, rng: np.random.Generator) -> np.ndarray:
    page = np.zeros((size, size), np.uint8)
    across, down = (int(each) for each in rng.integers(2, 6, 2))
    left, top, wide, high = rng.uniform((0.15, 0.15, 0.4, 0.4), (0.35, 0.35, 0.7, 0.7)) * size
    for row in range(down):
        for column in range(across):
            first = (int(left + wide * column / across), int(top + high * row / down))
            last = (int(first[0] + wide / across * 0.6), int(first[1] + high / down * 0.6))
            cv2.rectangle(page, first, last, 1, -1)
    return page


def _strokes(size: int, rng: np.random.Generator) -> np.ndarray:
    page = np.zeros((size, size), np.uint8)
    for _ in range(int(rng.integers(1, 7))):
        first, last = rng.uniform(0.1, 0.9, (2, 2)) * size
        bend = (first + last) / 2 + rng.normal(0, 0.12, 2) * size
        share = np.linspace(0, 1, 24)[:, None]
        path = (1 - share) ** 2 * first + 2 * share * (1 - share) * bend + share**2 * last
        cv2.polylines(page, [path.astype(np.int32)], isClosed=False, color=1, thickness=int(rng.integers(3, 8)))
    return page


_PATTERNS = (_stripes, _blobs, _blobs, _corners, _grid, _strokes, _strokes)
_THIN_PX = 7  # what is thinner than this is one line in a sketch, not two


def painted(rgb: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The object with a random pattern on it, and that pattern's lines, one pixel wide, 0 or 255."""
    size = alpha.shape[0]
    drawn = _PATTERNS[int(rng.integers(len(_PATTERNS)))]
    inside = cv2.erode((alpha > 200).astype(np.uint8), np.ones((5, 5), np.uint8))
    page = drawn(size, rng) & inside
    shade = rng.random()
    if shade < 0.45:
        paint = rgb.astype(np.float32) * rng.uniform(0.25, 0.6)
    elif shade < 0.7:
        paint = 255 - (255 - rgb.astype(np.float32)) * rng.uniform(0.1, 0.45)
    else:
        paint = rgb.astype(np.float32) * 0.35 + rng.uniform(0, 255, 3) * 0.65
    share = cv2.GaussianBlur(page.astype(np.float32), (0, 0), 0.7)[..., None]
    marked = np.clip(rgb * (1 - share) + paint * share, 0, 255).astype(np.uint8)
    if drawn is _strokes:
        lines = _middles(page)
    else:
        lines = np.zeros_like(alpha)
        contours, _ = cv2.findContours(page, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(lines, [each for each in contours if len(each) > _THIN_PX], -1, 255, 1)
    return marked, lines


def _middles(page: np.ndarray) -> np.ndarray:
    """The middle lines of thin shapes, 0 or 255."""
    inside = cv2.distanceTransform(page, cv2.DIST_L2, 5)
    ridge = (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8)) - 0.3) & (inside > 1)
    return ridge.astype(np.uint8) * 255
