"""From strokes to pixels, at any size: what the model sees is what this file draws.

What a stroke covers is defined in `lab.core.stroke`; here it is filled with 8 x 8 samples a pixel, so that an edge is
right to 1/64 on average. The browser's ink layer fills the same shape.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np

from lab.core.geometry import Box, Size
from lab.core.picture import Picture
from lab.core.sketch import Sketch
from lab.core.stroke import Stroke

_SAMPLES = 8
_BORDER = 0.5
"""OpenCV's polygons include their border: half a sample too much on every side, taken off the radius."""
_FRACTION_BITS = 6
"""Sub-sample precision of OpenCV's polygons: 1/64 of a sample, 1/512 of a pixel."""
_BLUR_REACH = 3
"""A blur reaches this many standard deviations."""


def rasterise(sketch: Sketch, size: Size | None = None) -> Picture:
    """The strokes as an RGBA picture, transparent where there is no ink.

    Args:
        sketch: what was drawn; its background is left out.
        size: the picture's size; the sketch's own when None. Strokes are drawn anew at that size, not scaled.
    """
    size = size or sketch.size
    layer = np.zeros((size.height, size.width, 4), np.uint8)
    for stroke in sketch.strokes:
        draw(layer, stroke, sketch.size)
    return Picture(layer)


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
    alpha = coverage.astype(np.float32) * np.float32(stroke.opacity / 255)
    below = part[..., 3].astype(np.float32) * np.float32(1 / 255)
    if stroke.tool != "brush":
        rest = 1 - alpha if stroke.tool == "eraser" else alpha + np.float32(1 - stroke.opacity)
        part[..., 3] = np.rint(below * rest * 255)
        part[part[..., 3] == 0] = 0
        return box
    above = below + alpha - below * alpha
    share = np.divide(alpha, above, out=np.zeros_like(alpha), where=above > 0)[..., None]
    ink = np.array([int(stroke.colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32)
    part[..., :3] = np.rint(part[..., :3] + (ink - part[..., :3]) * share)
    part[..., 3] = np.rint(above * 255)
    part[part[..., 3] == 0] = 0
    return box


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
        # A sample's centre is at +0.5: shifted, so that OpenCV's whole coordinates are the centres.
        points = (points - (box.left, box.top)) * _SAMPLES - 0.5  # noqa: PLW2901 the same points, as samples
        if stroke.shape == "area":
            np.maximum(coverage, _area(points, stroke.breaks, box.size), out=coverage)
        else:
            np.maximum(coverage, _line(points, radii * _SAMPLES, box.size), out=coverage)
    if blur > 0:
        coverage = cv2.GaussianBlur(coverage, (0, 0), blur, borderType=cv2.BORDER_CONSTANT)
    inner = coverage[margin : coverage.shape[0] - margin, margin : coverage.shape[1] - margin]
    return Box(box.left + margin, box.top + margin, box.right - margin, box.bottom - margin), inner


def _mirror_images(stroke: Stroke, paper: Size, scale: np.ndarray) -> list[np.ndarray]:
    """The points of the stroke and of its mirror images, in pixels of the picture."""
    images = [stroke.points[:, :2].astype(np.float64)]
    for axis, name in enumerate("xy"):
        if name in stroke.mirror:
            images += [np.where(np.arange(2) == axis, paper[axis] - points, points) for points in images]
    return [points * scale for points in images]


def _line(centres: np.ndarray, radii: np.ndarray, size: Size) -> np.ndarray:
    samples = np.zeros((size.height * _SAMPLES, size.width * _SAMPLES), np.uint8)
    radii = np.maximum(radii - _BORDER, 0.05)
    for outline in (*(_disc(c, r) for c, r in zip(centres, radii, strict=True)), *_joints(centres, radii)):
        _fill(samples, [outline], 255)
    return cv2.resize(samples, size, interpolation=cv2.INTER_AREA)


def _area(points: np.ndarray, breaks: tuple[int, ...], size: Size) -> np.ndarray:
    """OpenCV counts the border as inside: the mean of the area with its border and without is right."""
    rings = np.split(points, breaks)
    samples = np.zeros((size.height * _SAMPLES, size.width * _SAMPLES), np.uint8)
    _fill(samples, rings, 255)
    height, width = samples.shape
    frame = np.array([[-9, -9], [width + 9, -9], [width + 9, height + 9], [-9, height + 9]], np.float64)
    outside = np.zeros_like(samples)
    _fill(outside, [frame, *rings], 255)
    samples = cv2.addWeighted(samples, 0.5, cv2.bitwise_not(outside), 0.5, 0)
    return cv2.resize(samples, size, interpolation=cv2.INTER_AREA)


def _fill(samples: np.ndarray, rings: list[np.ndarray], value: int) -> None:
    fixed = [np.rint(ring * (1 << _FRACTION_BITS)).astype(np.int32) for ring in rings]
    cv2.fillPoly(samples, fixed, value, lineType=cv2.LINE_8, shift=_FRACTION_BITS)


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
