"""The pixels of a line: discs along it, joined by their convex hulls; knows no stroke and no colour."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from lab.core.geometry import Box, Size

_FINENESS = {5.0: 16.0, 16.0: 8.0, np.inf: 4.0}
"""Samples a pixel by the radius of the pen, in pixels: the edge of a wide line is a small part of it."""
_BORDER = 0.5
"""OpenCV's polygons include their border: half a sample too much on every side, taken off the radius."""
_FRACTION_BITS = 6
"""Sub-sample precision of OpenCV's polygons: 1/64 of a sample, 1/1024 of a pixel."""
_PIECE_PX = 48
"""A line is filled in pieces of about this length, or of twice its width: the box around it would be mostly empty."""
_BUDGET_S = 0.5
"""A line that would take longer is filled with fewer samples a pixel, below 1 for one that covers all many times."""
_PIECE_S, _SAMPLE_S, _ROW_S, _CLEARED_S = 1e-4, 1.3e-10, 3e-8, 1.5e-9
"""What takes how long, measured on one core: a piece; a sample and a row of a polygon; a sample cleared and read."""
_MOST_SAMPLES = 80_000_000
_OUTLINES_AT_ONCE = 2000


class _Parts(NamedTuple):
    """The parts of a line, each between two discs: their centres, n x 2, and their radii, n; in pixels."""

    starts: np.ndarray
    ends: np.ndarray
    first: np.ndarray
    last: np.ndarray

    def chosen(self, which: np.ndarray | slice) -> _Parts:
        return _Parts(*(array[which] for array in self))

    @property
    def lengths(self) -> np.ndarray:
        return np.hypot(*(self.ends - self.starts).T)

    @property
    def widest(self) -> np.ndarray:
        return np.maximum(self.first, self.last)


def line_coverage(centres: np.ndarray, radii: np.ndarray, size: Size) -> np.ndarray:
    """Which part of each pixel a line covers: uint8, height x width.

    Args:
        centres: of its discs, n x 2 float64, in pixels of the picture; they may lie anywhere.
        radii: of its discs, n, in pixels.
        size: of the picture.
    """
    coverage = np.zeros((size.height, size.width), np.uint8)
    which = np.arange(max(1, len(centres) - 1))
    behind = np.minimum(which + 1, len(centres) - 1)
    parts = _within(_Parts(centres[which], centres[behind], radii[which], radii[behind]), size)
    if not len(parts.first):
        return coverage
    fineness = next(fineness for widest, fineness in _FINENESS.items() if parts.widest.max() <= widest)
    piece_px = max(_PIECE_PX, 4 * float(parts.widest.max()))
    pieces = float(np.ceil(parts.lengths.sum() / piece_px)) + 1
    clearing_s = pieces * (_PIECE_S + _CLEARED_S * (fineness * piece_px) ** 2)
    if clearing_s + _filling_s(parts, fineness, size) <= _BUDGET_S:
        for piece in _pieces(parts, piece_px):
            _add_piece(coverage, piece)
        return coverage
    fineness = min(fineness, 4.0)
    while fineness**2 * size.pixels > _MOST_SAMPLES or _filling_s(parts, fineness, size) > _BUDGET_S:
        fineness /= 2
    coarse = Size(*(max(1, int(np.ceil(side * fineness))) for side in size))
    samples = np.zeros((coarse.height, coarse.width), np.uint8)
    _fill(samples, parts, fineness)
    way = cv2.INTER_AREA if fineness >= 1 else cv2.INTER_LINEAR
    return cv2.resize(samples, size, interpolation=way)


def _filling_s(parts: _Parts, fineness: float, size: Size) -> float:
    """How long filling all discs and joints takes."""
    wide = 2 * parts.widest
    rows = 2 * wide + np.abs(parts.ends - parts.starts)[:, 1].clip(None, size.height)
    pixels = (wide * wide).clip(None, size.pixels) + (wide * parts.lengths).clip(None, size.pixels)
    return float(_SAMPLE_S * fineness**2 * pixels.sum() + _ROW_S * fineness * rows.sum())


def _within(parts: _Parts, size: Size) -> _Parts:
    """What can be seen of the parts: cut off where no disc between their ends reaches the picture any more."""
    reach = parts.widest + 1
    along = parts.ends - parts.starts
    enter, leave = np.zeros(len(reach)), np.ones(len(reach))
    for axis, side in enumerate(size):
        step, begin = along[:, axis], parts.starts[:, axis]
        with np.errstate(divide="ignore", invalid="ignore"):
            near, far = (-reach - begin) / step, (side + reach - begin) / step
        near, far = np.minimum(near, far), np.maximum(near, far)
        stays = step == 0
        is_in = (begin >= -reach) & (begin <= side + reach)
        enter = np.maximum(enter, np.where(stays, np.where(is_in, 0, 2), near))
        leave = np.minimum(leave, np.where(stays, 1, far))
    seen = enter <= leave
    parts, enter, leave, along = parts.chosen(seen), enter[seen, None], leave[seen, None], along[seen]
    wider = parts.last - parts.first
    return _Parts(
        parts.starts + along * enter,
        np.where(leave == 1, parts.ends, parts.starts + along * leave),
        parts.first + wider * enter[:, 0],
        parts.first + wider * leave[:, 0],
    )


def _pieces(parts: _Parts, piece_px: float) -> Iterator[_Parts]:
    """The parts in their order, divided so that none is longer than a piece, and as many together as make one."""
    counts = np.maximum(1, np.ceil(parts.lengths / piece_px)).astype(int)
    number = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    begin, end = number / np.repeat(counts, counts), (number + 1) / np.repeat(counts, counts)
    whole = parts.chosen(np.repeat(np.arange(len(counts)), counts))
    along, wider = whole.ends - whole.starts, whole.last - whole.first
    divided = _Parts(
        whole.starts + along * begin[:, None],
        np.where(end[:, None] == 1, whole.ends, whole.starts + along * end[:, None]),
        whole.first + wider * begin,
        whole.first + wider * end,
    )
    # from the end of one part to the start of the next it may be far, where a line leaves the picture and comes back
    gaps = np.hypot(*(divided.starts[1:] - divided.ends[:-1]).T)
    passed = np.floor((divided.lengths.cumsum() - divided.lengths + np.concatenate([[0], gaps.cumsum()])) / piece_px)
    edges = np.flatnonzero(np.diff(passed)) + 1
    for first, last in zip([0, *edges], [*edges, len(passed)], strict=True):
        yield divided.chosen(slice(first, last))


def _add_piece(coverage: np.ndarray, piece: _Parts) -> None:
    low = np.minimum(piece.starts - piece.first[:, None], piece.ends - piece.last[:, None]).min(0)
    high = np.maximum(piece.starts + piece.first[:, None], piece.ends + piece.last[:, None]).max(0)
    box = Box.around(low[0], low[1], high[0], high[1]).clipped(Size(coverage.shape[1], coverage.shape[0]))
    if box.is_empty:
        return
    fineness = next(int(fineness) for widest, fineness in _FINENESS.items() if piece.widest.max() <= widest)
    samples = np.zeros((box.size.height * fineness, box.size.width * fineness), np.uint8)
    corner = (box.left, box.top)
    _fill(samples, piece._replace(starts=piece.starts - corner, ends=piece.ends - corner), fineness)
    part = coverage[box.top : box.bottom, box.left : box.right]
    np.maximum(part, cv2.resize(samples, box.size, interpolation=cv2.INTER_AREA), out=part)


def _fill(samples: np.ndarray, parts: _Parts, fineness: float) -> None:
    """Fill the discs and their joints, in pixels, into samples."""
    fill = _filled_exactly if fineness in _FINENESS.values() else _filled_quickly
    # a sample's centre is at +0.5: shifted, so that OpenCV's whole coordinates are the centres
    starts, ends = parts.starts * fineness - 0.5, parts.ends * fineness - 0.5
    first, last = (np.maximum(radii * fineness - _BORDER, 0.05) for radii in (parts.first, parts.last))
    # the end of a part is mostly the start of the next, and its disc the same
    lasting = np.append((ends[:-1] != starts[1:]).any(axis=1) | (last[:-1] != first[1:]), True)
    centres, radii = np.concatenate([starts, ends[lasting]]), np.concatenate([first, last[lasting]])
    for begin in range(0, len(radii), _OUTLINES_AT_ONCE):
        chosen = slice(begin, begin + _OUTLINES_AT_ONCE)
        joints = _joints(_Parts(starts, ends, first, last).chosen(chosen))
        for outlines in (*_discs(centres[chosen], radii[chosen]), joints):
            for outline in np.rint(outlines * (1 << _FRACTION_BITS)).astype(np.int32):
                fill(samples, outline)


def _filled_exactly(samples: np.ndarray, outline: np.ndarray) -> None:
    cv2.fillPoly(samples, [outline], 255, lineType=cv2.LINE_8, shift=_FRACTION_BITS)


def _filled_quickly(samples: np.ndarray, outline: np.ndarray) -> None:
    """In three quarters of the time, and in a third where it is large; some samples on the edge differ."""
    cv2.fillConvexPoly(samples, outline, 255, lineType=cv2.LINE_8, shift=_FRACTION_BITS)


def _discs(centres: np.ndarray, radii: np.ndarray) -> Iterator[np.ndarray]:
    """The outlines of discs, n x corners x 2: together those that have as many corners."""
    corners = (radii * 2).clip(8, 256).astype(int)
    for count in np.unique(corners):
        same = corners == count
        yield centres[same, None] + radii[same, None, None] * _turns(int(count))


@lru_cache(maxsize=256)
def _turns(count: int) -> np.ndarray:
    turns = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.column_stack([np.cos(turns), np.sin(turns)])


def _joints(parts: _Parts) -> np.ndarray:
    """Between the discs of each part, the quadrangle of their outer tangents; none where one holds the other."""
    parts = parts.chosen(parts.lengths > np.abs(parts.first - parts.last))
    distance = parts.lengths[:, None]
    along = (parts.ends - parts.starts) / distance
    lean = (parts.first - parts.last)[:, None] / distance
    across = np.column_stack([-along[:, 1], along[:, 0]]) * np.sqrt(1 - lean * lean)
    left, right = along * lean + across, along * lean - across
    first, last = parts.first[:, None], parts.last[:, None]
    corners = (parts.starts + left * first, parts.ends + left * last, parts.ends + right * last)
    return np.stack([*corners, parts.starts + right * first], axis=1)
