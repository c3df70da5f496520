"""Makes the sketch that a person might have drawn of an object: white lines on black. Knows nothing about models."""

from __future__ import annotations

import cv2
import numpy as np

from lab.starter.train.places import noise


def outline(alpha: np.ndarray, thickness_px: int, looseness_px: float) -> np.ndarray:
    """The object's silhouette as lines, cut to straight pieces where `looseness_px` allows."""
    lines = np.zeros_like(alpha)
    contours, _ = cv2.findContours((alpha > 127).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        if len(contour) < 12:
            continue
        path = cv2.approxPolyDP(contour, looseness_px, closed=True) if looseness_px > 0 else contour
        cv2.polylines(lines, [path], isClosed=True, color=255, thickness=thickness_px, lineType=cv2.LINE_AA)
    return lines


def inner_lines(rgb: np.ndarray, alpha: np.ndarray, blur_px: float, low: float, shortest_px: int) -> np.ndarray:
    """Edges inside the object, one pixel wide; specks below `shortest_px` pixels are left out."""
    on_grey = rgb.astype(np.float32) * (alpha[..., None] / 255) + 128 * (1 - alpha[..., None] / 255)
    soft = cv2.GaussianBlur(on_grey, (0, 0), blur_px).astype(np.uint8)
    edges = cv2.Canny(cv2.cvtColor(soft, cv2.COLOR_RGB2GRAY), low, low * 2.2)
    edges[cv2.erode(alpha, np.ones((5, 5), np.uint8)) < 128] = 0
    count, labels, facts, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    long_enough = np.zeros(count, bool)
    long_enough[1:] = facts[1:, cv2.CC_STAT_AREA] >= shortest_px
    return (long_enough[labels] * 255).astype(np.uint8)


def thickened(lines: np.ndarray, thickness_px: int) -> np.ndarray:
    """One-pixel lines drawn with a round pen."""
    if thickness_px <= 1:
        return lines
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thickness_px, thickness_px))
    return cv2.dilate(lines, pen)


def wobbled(lines: np.ndarray, amount_px: float, rng: np.random.Generator) -> np.ndarray:
    """The lines as an unsure hand would draw them: pushed about by up to `amount_px`."""
    size = lines.shape[0]
    y, x = np.mgrid[:size, :size].astype(np.float32)
    cells = rng.uniform(3, 9)
    shift = [(noise(size, cells, cells, rng, 2) - 0.5) * 4 * amount_px for _ in range(2)]
    return cv2.remap(lines, x + shift[0], y + shift[1], cv2.INTER_LINEAR)


def with_gaps(lines: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """The lines with patches missing, about `share` (0..1) of the picture."""
    field = noise(lines.shape[0], 5, 5, rng, 2)
    return np.where(field < np.quantile(field, share), 0, lines).astype(np.uint8)


def sketch_of(
    rgb: np.ndarray, alpha: np.ndarray, rng: np.random.Generator, marks: np.ndarray | None = None
) -> np.ndarray:
    """A random hand's sketch of an object: boolean, True on the lines, same size as the object.

    Args:
        rgb: the object's colours.
        alpha: where it is, 8 bit.
        rng: decides pen and style.
        marks: one-pixel lines, 0 or 255, that every hand draws.
    """
    thickness = int(rng.choice([1, 2, 3, 4, 5, 6], p=[0.12, 0.24, 0.26, 0.2, 0.11, 0.07]))
    style = rng.random()
    lines = np.zeros_like(alpha)
    if style < 0.82:
        lines = outline(alpha, thickness, float(rng.choice([0, 0, 1.0, 2.0, 3.5])))
    if style > 0.22:
        inner = inner_lines(
            rgb, alpha, float(rng.uniform(1.0, 3.0)), float(rng.uniform(14, 60)), int(rng.integers(12, 50))
        )
        lines = np.maximum(lines, thickened(inner, max(1, thickness - int(rng.integers(0, 2)))))
    if style >= 0.82:
        lines = np.maximum(lines, outline(alpha, max(1, thickness - 1), 0.0))
    if marks is not None:
        lines = np.maximum(lines, thickened(marks, thickness))
    if rng.random() < 0.7:
        lines = wobbled(lines, float(rng.uniform(0.5, 3.0)), rng)
    if rng.random() < 0.35:
        lines = with_gaps(lines, float(rng.uniform(0.03, 0.3)), rng)
    return lines > 110


def packed(sketch: np.ndarray) -> np.ndarray:
    """A boolean sketch as bits, eight pixels to the byte, flat."""
    return np.packbits(sketch.reshape(-1))


def unpacked(bits: np.ndarray, size: int) -> np.ndarray:
    """The boolean sketches back from their bits; works on a whole batch, bits last."""
    return np.unpackbits(bits, axis=-1).reshape(*bits.shape[:-1], size, size).astype(bool)
