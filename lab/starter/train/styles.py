"""Drawing styles, made by filters on an object: flat, line and pastel drawing. Knows nothing about poses."""

from __future__ import annotations

import cv2
import numpy as np

from lab.starter.train import sketches

# style -> what captions call it
STYLES: dict[str, tuple[str, ...]] = {
    "flat": ("flat drawing",),
    "line": ("line drawing",),
    "pastel": ("pastel drawing",),
}

_FLAT_COLOURS = 3
_FLAT_OUTLINE_PX = 6
_INK = (34, 32, 40)


def flat(rgb: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The object in a few even, strong colours within a dark outline, and its alpha, a little larger by that.

    Evenness alone is hardly seen: the art is smooth itself.
    """
    lab = cv2.cvtColor(cv2.medianBlur(rgb, 7), cv2.COLOR_RGB2LAB).astype(np.float32)
    lab *= np.float32([0.6, 1.3, 1.3])  # shade counts less than colour
    inside = alpha > 100
    points = lab[inside]
    if len(points) < 50:
        return rgb, alpha
    some = np.ascontiguousarray(points[:: max(1, len(points) // 3000)])
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 1.0)
    cv2.setRNGSeed(1)
    _, _, centres = cv2.kmeans(some, min(_FLAT_COLOURS, len(some)), None, stop, 1, cv2.KMEANS_PP_CENTERS)
    nearest = np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(1).astype(np.uint8)
    labels = np.zeros(alpha.shape, np.uint8)
    labels[inside] = nearest
    labels = cv2.medianBlur(labels, 5)
    even = np.zeros_like(rgb)
    for number in range(len(centres)):
        mine = inside & (labels == number)
        if mine.any():
            even[mine] = np.median(rgb[mine], axis=0)
    even[~inside] = cv2.dilate(even, np.ones((5, 5), np.uint8))[~inside]
    hsv = cv2.cvtColor(even.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hsv[..., 1] = np.minimum(1, hsv[..., 1] * 1.3)
    return _inked(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255, sketches.outline(alpha, _FLAT_OUTLINE_PX, 0), alpha)


def line(rgb: np.ndarray, alpha: np.ndarray, thickness_px: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """The object as dark lines on white paper, and its alpha, which the pen has made a little larger."""
    inner = sketches.inner_lines(rgb, alpha, 1.4, 18, 24)
    ink = np.maximum(sketches.outline(alpha, thickness_px, 0), sketches.thickened(inner, thickness_px))
    return _inked(np.full(rgb.shape, 255, np.float32), ink, alpha)


def _inked(colours: np.ndarray, ink: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Dark lines over colours, 8 bit, and the alpha of both."""
    share = (cv2.GaussianBlur(ink, (0, 0), 0.8).astype(np.float32) / 255)[..., None]
    drawn = colours * (1 - share) + np.float32(_INK) * share
    return drawn.astype(np.uint8), np.maximum(alpha, ink)


def pastel(picture: np.ndarray) -> np.ndarray:
    """A whole picture in light, soft chalk colours."""
    hsv = cv2.cvtColor(cv2.GaussianBlur(picture, (0, 0), 1.0).astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hsv[..., 1] *= 0.5
    hsv[..., 2] = 1 - 0.4 * (1 - hsv[..., 2])
    return (cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255 + 0.5).astype(np.uint8)
