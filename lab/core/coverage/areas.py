"""The pixels of an area: what lies inside its rings an odd number of times; knows no stroke and no colour."""

from __future__ import annotations

import cv2
import numpy as np

from lab.core.geometry import Size

_ROWS = 16
"""So many lines are laid through each row of pixels; along a line an edge is right to the last bit."""
_CROSSINGS = 2_000_000
"""An outline that all lines would cross more often has fewer lines: these many take some 0.3 s."""

_BAND_PIXELS = 1 << 21
"""So many pixels are worked on at once: in 64 bits each, and some copies."""


def area_coverage(rings: list[np.ndarray], size: Size) -> np.ndarray:
    """Which part of each pixel lies inside the rings an odd number of times: uint8, height x width.

    Args:
        rings: of each the corners, n x 2 float64, in pixels of the picture; they may lie anywhere.
        size: of the picture.
    """
    edges = np.concatenate([_edges(_clipped_to_rows(ring, size.height)) for ring in rings])
    rise = float(np.abs(edges[:, 1, 1] - edges[:, 0, 1]).sum())
    if rise > _CROSSINGS:
        share = _CROSSINGS / rise
        fewer = max(1, int(size.height * share))
        edges[..., 1] *= fewer / size.height
        coarse = _from_crossings(*_crossings(edges, 1, fewer), 1, Size(size.width, fewer))
        return cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    lines = int(min(_ROWS, max(1, _CROSSINGS // max(rise, 1))))
    return _from_crossings(*_crossings(edges, lines, size.height), lines, size)


def _edges(ring: np.ndarray) -> np.ndarray:
    """N x 2 ends x 2: from each corner to the next, and from the last to the first."""
    return np.stack([ring, np.roll(ring, -1, axis=0)], axis=1)


def _clipped_to_rows(ring: np.ndarray, height: int) -> np.ndarray:
    """The ring without what lies above and below the picture: its cost is that of what can be seen."""
    for limit, sign in ((0.0, -1.0), (float(height), 1.0)):
        outside = sign * (ring[:, 1] - limit)
        after = np.roll(outside, -1)
        crosses = (outside > 0) != (after > 0)
        if not crosses.any():
            if (outside > 0).all():
                return ring[:0]
            continue
        share = np.divide(outside, outside - after, out=np.zeros_like(outside), where=crosses)
        cuts = ring + (np.roll(ring, -1, axis=0) - ring) * share[:, None]
        cuts[:, 1] = limit
        ring = np.stack([ring, cuts], axis=1)[np.stack([outside <= 0, crosses], axis=1)]
    return ring


def _crossings(edges: np.ndarray, lines: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the edges cross the lines: of each crossing the number of its line, from the top, and its x."""
    low, high = edges[:, 0], edges[:, 1]
    down = low[:, 1] <= high[:, 1]
    top, bottom = np.where(down[:, None], low, high), np.where(down[:, None], high, low)
    # line k lies at (k + 1/2) / lines; an edge crosses those from its upper end on, and not that of its lower end
    first = np.ceil(top[:, 1] * lines - 0.5).astype(np.int64).clip(0, height * lines)
    behind = np.ceil(bottom[:, 1] * lines - 0.5).astype(np.int64).clip(0, height * lines)
    counts = behind - first
    of_edge = np.repeat(np.arange(len(edges)), counts)
    numbers = np.arange(len(of_edge)) - np.repeat(counts.cumsum() - counts, counts) + first[of_edge]
    slope = np.divide(bottom[:, 0] - top[:, 0], bottom[:, 1] - top[:, 1], out=np.zeros(len(edges)), where=counts > 0)
    return numbers, top[of_edge, 0] + ((numbers + 0.5) / lines - top[of_edge, 1]) * slope[of_edge]


def _from_crossings(numbers: np.ndarray, xs: np.ndarray, lines: int, size: Size) -> np.ndarray:
    """The coverage: along each line, what lies between its first crossing and its second, its third and fourth, ..."""
    stride = size.width + 2
    keys = np.sort(numbers * stride + xs.clip(0, size.width))  # by line, then by x; right to 1e-7 of a pixel
    numbers = np.floor(keys / stride).astype(np.int64)
    xs = keys - numbers * stride
    starts = np.searchsorted(numbers, np.arange(size.height * lines))  # each line's first crossing
    sign = np.where((np.arange(len(numbers)) - starts[numbers]) % 2 == 0, 1.0, -1.0)
    columns = np.floor(xs).astype(np.int64)
    inner = sign * (columns + 1 - xs)  # of the pixel that holds the crossing, the part to its right
    outer = sign - inner
    cells = numbers // lines * stride + columns
    covered = np.empty((size.height, size.width), np.uint8)
    band = max(1, _BAND_PIXELS // stride)
    for top in range(0, size.height, band):
        rows = min(band, size.height - top)
        part = slice(*np.searchsorted(numbers, [top * lines, (top + rows) * lines]))
        at, count = cells[part] - top * stride, rows * stride
        steps = np.bincount(at, inner[part], count) + np.bincount(at + 1, outer[part], count)
        levels = steps.reshape(rows, stride).cumsum(axis=1)[:, : size.width]
        covered[top : top + rows] = np.rint(levels * (255 / lines)).clip(0, 255)
    return covered
