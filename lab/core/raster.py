"""From strokes to pixels, at any size: what the model sees is what this file draws.

What a stroke covers is defined in `lab.core.stroke`; here it is filled with up to 16 x 16 samples a pixel, so that an
edge is right to 1/256 on average. The browser's ink layer fills the same shape.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

from lab.core.geometry import Box, Size
from lab.core.image_files import check_size
from lab.core.picture import Picture
from lab.core.sentences.checked_call import checked
from lab.core.sketch import Sketch
from lab.core.stroke import Stroke

_SAMPLES = 16
_FINENESS = {5.0: _SAMPLES, 16.0: 8, np.inf: 4}
"""Samples a pixel by the radius of the pen, in pixels: the edge of a wide line is a small part of it."""
_BORDER = 0.5
"""OpenCV's polygons include their border: half a sample too much on every side, taken off the radius."""
_FRACTION_BITS = 6
"""Sub-sample precision of OpenCV's polygons: 1/64 of a sample, 1/1024 of a pixel."""
_PIECE_PX = 48
"""A line is filled in pieces of about this length, or of twice its width."""
_AREA_SAMPLES = 40_000_000
"""A large area is filled with fewer samples a pixel: its edge is a small part of it."""
_BLUR_REACH = 3
"""A blur reaches this many standard deviations."""


@checked
def rasterise(sketch: Sketch, size: Size | None = None) -> Picture:
    """The strokes as an RGBA picture, transparent where there is no ink.

    Args:
        sketch: what was drawn; its background is left out.
        size: the picture's size; the sketch's own when None. Strokes are drawn anew at that size, not scaled.
    """
    size = size or sketch.size
    check_size(size)
    layer = np.zeros((size.height, size.width, 4), np.uint8)
    for stroke in sketch.strokes:
        draw(layer, stroke, sketch.size)
    return Picture(layer)


class DrawnSketch(NamedTuple):
    """The two readings of a sketch as pictures of one size: lines, which steer, and colours, to start from.

    Args:
        lines: RGBA, without what is coloured.
        colours: RGBA: the whole sketch on white paper, opaque where it is coloured; None where nothing is.
    """

    lines: Picture
    colours: Picture | None = None


def drawn(sketch: Sketch, size: Size | None = None) -> DrawnSketch:
    """Both readings of a sketch; size as for `rasterise`."""
    strokes = rasterise(sketch, size)
    if not sketch.is_coloured:
        return DrawnSketch(strokes)
    return DrawnSketch(rasterise(sketch.lines, size), as_seen(strokes, rasterise(sketch.colours, size)))


def as_seen(strokes: Picture, areas: Picture) -> Picture:
    """The strokes on white paper, as opaque as the areas are; all RGBA, of one size."""
    return Picture(np.dstack([strokes.on_white().pixels, areas.pixels[..., 3]]))


def draw(
    layer: np.ndarray,
    stroke: Stroke,
    paper: Size,
    before: Callable[[Box, np.ndarray], None] | None = None,
) -> Box:
    """Draw one stroke on an RGBA layer (straight alpha, changed in place); the box that may have changed.

    Args:
        layer: uint8, height x width x 4.
        stroke: in pixels of the paper.
        paper: the size in which the stroke was drawn; the layer may have another.
        before: told, just before the layer changes, the box and which of its pixels will change (height x width).
    """
    box, coverage = stroke_coverage(stroke, paper, Size(layer.shape[1], layer.shape[0]))
    if box.is_empty:
        return box
    part = layer[box.top : box.bottom, box.left : box.right]
    if before is not None:
        before(box, (part[..., 3] if stroke.tool == "keep" else coverage) > 0)
    colour = [int(stroke.colour[i : i + 2], 16) for i in (1, 3, 5)]
    if stroke.tool == "brush" and not part[..., 3].any():
        part[...] = _on_nothing(coverage, colour, stroke.opacity)
        return box
    alpha = coverage.astype(np.float32) * np.float32(stroke.opacity / 255)
    below = part[..., 3].astype(np.float32) * np.float32(1 / 255)
    if stroke.tool != "brush":
        rest = 1 - alpha if stroke.tool == "eraser" else alpha
        part[..., 3] = np.rint(below * rest * 255)
        part[part[..., 3] == 0] = 0
        return box
    above = below + alpha - below * alpha
    share = np.divide(alpha, above, out=np.zeros_like(alpha), where=above > 0)[..., None]
    ink = np.array(colour, np.float32)
    part[..., :3] = np.rint(part[..., :3] + (ink - part[..., :3]) * share)
    part[..., 3] = np.rint(above * 255)
    part[part[..., 3] == 0] = 0
    return box


def _on_nothing(coverage: np.ndarray, colour: list[int], opacity: float) -> np.ndarray:
    """What a brush leaves where nothing is below, by a table: a whole mask is drawn in a twentieth of the time."""
    levels = np.rint(np.arange(256, dtype=np.float32) * np.float32(opacity / 255) * 255).astype(np.uint8)
    tables = [np.where(levels > 0, np.uint8(level), np.uint8(0)) for level in colour]
    return cv2.merge([cv2.LUT(coverage, table) for table in (*tables, levels)])


def stroke_coverage(stroke: Stroke, paper: Size, size: Size) -> tuple[Box, np.ndarray]:
    """Which part of each pixel a stroke covers: its box on a picture of `size`, and uint8 coverage in that box.

    The box of a "keep" is the whole picture: it changes what it does not cover.
    """
    whole = Box(0, 0, size.width, size.height)
    if stroke.bitmap is not None:
        smaller = size.pixels < stroke.bitmap.size.pixels
        way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        return whole, cv2.resize(stroke.bitmap.pixels, size, interpolation=way)
    scale = np.array([size.width / paper.width, size.height / paper.height], np.float64)
    box, coverage = _shape_coverage(stroke, paper, size, scale)
    if stroke.tool == "keep":
        full = np.zeros((size.height, size.width), np.uint8)
        if not box.is_empty:
            full[box.top : box.bottom, box.left : box.right] = coverage
        return whole, full
    return box, coverage


def _shape_coverage(stroke: Stroke, paper: Size, size: Size, scale: np.ndarray) -> tuple[Box, np.ndarray]:
    images = _mirror_images(stroke, paper, scale)
    radius = stroke.drawn_size_px / 2 * scale.mean() if stroke.shape == "line" else 0.0
    radii = stroke.points[:, 2].astype(np.float64) * radius
    blur = stroke.blur_px * scale.mean()
    low = np.min([(points - radii[:, None]).min(0) for points in images], axis=0) - _BLUR_REACH * blur
    high = np.max([(points + radii[:, None]).max(0) for points in images], axis=0) + _BLUR_REACH * blur
    box = Box.around(low[0], low[1], high[0], high[1]).clipped(size)
    if box.is_empty:
        return box, np.zeros((0, 0), np.uint8)
    margin = int(np.ceil(_BLUR_REACH * blur))  # a blur needs what lies just outside the picture, too
    box = Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)
    coverage = np.zeros((box.size.height, box.size.width), np.uint8)
    for points in images:
        inside = points - (box.left, box.top)
        if stroke.shape == "area":
            np.maximum(coverage, _area(inside, stroke.breaks, box.size), out=coverage)
        else:
            _add_line(coverage, inside, radii)
    if blur > 0:
        coverage = _blurred(coverage, blur)
    inner = coverage[margin : coverage.shape[0] - margin, margin : coverage.shape[1] - margin]
    return Box(box.left + margin, box.top + margin, box.right - margin, box.bottom - margin), inner


def _mirror_images(stroke: Stroke, paper: Size, scale: np.ndarray) -> list[np.ndarray]:
    """The points of the stroke and of its mirror images, in pixels of the picture."""
    images = [stroke.points[:, :2].astype(np.float64)]
    for axis, name in enumerate("xy"):
        if name in stroke.mirror:
            images += [np.where(np.arange(2) == axis, paper[axis] - points, points) for points in images]
    return [points * scale for points in images]


def _add_line(coverage: np.ndarray, centres: np.ndarray, radii: np.ndarray) -> None:
    """Add a line piece by piece: the box around a whole line would be mostly empty."""
    size = Size(coverage.shape[1], coverage.shape[0])
    piece_px = max(_PIECE_PX, 4 * float(radii.max()))
    centres, radii = _subdivided(centres, radii, piece_px)
    along = np.concatenate([[0], np.hypot(*np.diff(centres, axis=0).T).cumsum()])
    edges = np.searchsorted(along, np.arange(piece_px, along[-1], piece_px))
    for first, last in pairwise([0, *np.unique(edges[edges > 0]).tolist(), len(centres) - 1]):
        _add_piece(coverage, centres[first : last + 1], radii[first : last + 1], size)


def _add_piece(coverage: np.ndarray, centres: np.ndarray, radii: np.ndarray, size: Size) -> None:
    low, high = (centres - radii[:, None]).min(0), (centres + radii[:, None]).max(0)
    box = Box.around(low[0], low[1], high[0], high[1]).clipped(size)
    if box.is_empty:
        return
    fineness = next(fineness for widest, fineness in _FINENESS.items() if radii.max() <= widest)
    samples = np.zeros((box.size.height * fineness, box.size.width * fineness), np.uint8)
    centres = _as_samples(centres - (box.left, box.top), fineness)
    radii = np.maximum(radii * fineness - _BORDER, 0.05)
    for outline in (*(_disc(c, r) for c, r in zip(centres, radii, strict=True)), *_joints(centres, radii)):
        _fill(samples, [outline])
    part = coverage[box.top : box.bottom, box.left : box.right]
    np.maximum(part, cv2.resize(samples, box.size, interpolation=cv2.INTER_AREA), out=part)


def _subdivided(centres: np.ndarray, radii: np.ndarray, longest_px: float) -> tuple[np.ndarray, np.ndarray]:
    """The same line with more points, so that no step is longer than that."""
    steps = np.hypot(*np.diff(centres, axis=0).T)
    parts = np.maximum(1, np.ceil(steps / longest_px)).astype(int)
    if not (parts > 1).any():
        return centres, radii
    places = np.concatenate([np.arange(n) / n + i for i, n in enumerate(parts)] + [[len(parts)]])
    known = np.arange(len(centres))
    xs, ys = (np.interp(places, known, centres[:, axis]) for axis in (0, 1))
    return np.column_stack([xs, ys]), np.interp(places, known, radii)


def _as_samples(points: np.ndarray, fineness: int) -> np.ndarray:
    """Pixels as samples; a sample's centre is at +0.5: shifted, so that OpenCV's whole coordinates are the centres."""
    return points * fineness - 0.5


def _area(points: np.ndarray, breaks: tuple[int, ...], size: Size) -> np.ndarray:
    """OpenCV counts the border as inside: the mean of the area with its border and without is right."""
    fineness = _SAMPLES if size.pixels * _SAMPLES**2 <= _AREA_SAMPLES else _SAMPLES // 4
    rings = np.split(_as_samples(points, fineness), breaks)
    samples = np.zeros((size.height * fineness, size.width * fineness), np.uint8)
    _fill(samples, rings)
    height, width = samples.shape
    frame = np.array([[-9, -9], [width + 9, -9], [width + 9, height + 9], [-9, height + 9]], np.float64)
    outside = np.zeros_like(samples)
    _fill(outside, [frame, *rings])
    samples = cv2.addWeighted(samples, 0.5, cv2.bitwise_not(outside), 0.5, 0)
    return cv2.resize(samples, size, interpolation=cv2.INTER_AREA)


def _blurred(coverage: np.ndarray, deviation: float) -> np.ndarray:
    """A Gaussian as browsers make it, and the SVG standard (feGaussianBlur) allows: three boxes one after another."""
    side = int(deviation * 3 * np.sqrt(2 * np.pi) / 4 + 0.5)
    if side < 2:
        return coverage
    half = side // 2
    boxes = [(side, half)] * 3 if side % 2 else [(side, half), (side, half - 1), (side + 1, half)]
    levels = coverage.astype(np.float32)
    for width, middle in boxes:
        levels = cv2.boxFilter(levels, -1, (width, width), anchor=(middle, middle), borderType=cv2.BORDER_CONSTANT)
    return np.rint(levels).astype(np.uint8)


def _fill(samples: np.ndarray, rings: list[np.ndarray]) -> None:
    fixed = [np.rint(ring * (1 << _FRACTION_BITS)).astype(np.int32) for ring in rings]
    cv2.fillPoly(samples, fixed, 255, lineType=cv2.LINE_8, shift=_FRACTION_BITS)


def _disc(centre: np.ndarray, radius: float) -> np.ndarray:
    turns = np.linspace(0, 2 * np.pi, int(np.clip(radius * 2, 8, 256)), endpoint=False)
    return centre + radius * np.column_stack([np.cos(turns), np.sin(turns)])


def _joints(centres: np.ndarray, radii: np.ndarray) -> list[np.ndarray]:
    """Between each two neighbouring discs, the quadrangle of their outer tangents; none where one holds the other."""
    joints = []
    for (a, b), (p, q) in zip(pairwise(centres), pairwise(radii), strict=True):
        along = b - a
        distance = float(np.hypot(*along))
        if distance <= abs(p - q):
            continue
        along = along / distance
        lean = (p - q) / distance
        across = np.array([-along[1], along[0]]) * np.sqrt(1 - lean * lean)
        left, right = along * lean + across, along * lean - across
        joints.append(np.array([a + left * p, b + left * q, b + right * q, a + right * p]))
    return joints
