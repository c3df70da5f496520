"""From strokes to pixels, at any size: what the model sees is what this file draws.

The shape of a stroke is defined in `lab.core.sketch`; here it is filled with 8 x 8 samples a pixel, so that an edge is
right to 1/64 on average. The browser's ink layer fills the same shape.
"""

from __future__ import annotations

from itertools import pairwise
from operator import is_

import cv2
import numpy as np

from lab.core.geometry import Box, Size
from lab.core.picture import Picture
from lab.core.sketch import Sketch, Stroke

_SAMPLES = 8
_BORDER = 0.5
"""OpenCV's polygons include their border: half a sample too much on every side, taken off the radius."""
_FRACTION_BITS = 6
"""Sub-sample precision of OpenCV's polygons: 1/64 of a sample, 1/512 of a pixel."""


def rasterise(sketch: Sketch, size: Size | None = None) -> Picture:
    """The sketch as an RGBA picture, transparent where there is no ink.

    Args:
        sketch: what was drawn.
        size: the picture's size; the sketch's own when None. Strokes are drawn anew at that size, not scaled.
    """
    size = size or sketch.size
    layer = np.zeros((size.height, size.width, 4), np.uint8)
    for stroke in sketch.strokes:
        draw(layer, stroke, sketch.size)
    return Picture(layer)


class GrowingRaster:
    """A sketch as pixels at one size, kept up to date: a new stroke costs that stroke, not the whole sketch.

    Not locked: its owner is.
    """

    def __init__(self) -> None:
        self._strokes: tuple[Stroke, ...] = ()
        self._paper = Size(0, 0)
        self._layer = np.zeros((0, 0, 4), np.uint8)

    def picture(self, sketch: Sketch, size: Size) -> Picture:
        """What `rasterise` gives."""
        known = len(self._strokes)
        is_more = all(map(is_, self._strokes, sketch.strokes)) and known <= len(sketch.strokes)
        if not is_more or self._paper != sketch.size or self._layer.shape[:2] != (size.height, size.width):
            self._layer = np.zeros((size.height, size.width, 4), np.uint8)
            known = 0
        for stroke in sketch.strokes[known:]:
            draw(self._layer, stroke, sketch.size)
        self._strokes, self._paper = sketch.strokes, sketch.size
        return Picture(self._layer)


def draw(layer: np.ndarray, stroke: Stroke, paper: Size) -> Box:
    """Draw one stroke on an RGBA layer (straight alpha, changed in place); the box that may have changed.

    Args:
        layer: uint8, height x width x 4.
        stroke: in pixels of the paper.
        paper: the size in which the stroke was drawn; the layer may have another.
    """
    box, coverage = stroke_coverage(stroke, paper, Size(layer.shape[1], layer.shape[0]))
    if box.is_empty:
        return box
    part = layer[box.top : box.bottom, box.left : box.right]
    alpha = coverage.astype(np.float32) * np.float32(stroke.opacity / 255)
    below = part[..., 3].astype(np.float32) * np.float32(1 / 255)
    if stroke.tool == "eraser":
        part[..., 3] = np.rint(below * (1 - alpha) * 255)
        part[part[..., 3] == 0] = 0
        return box
    above = below + alpha - below * alpha
    share = np.divide(alpha, above, out=np.zeros_like(alpha), where=above > 0)[..., None]
    ink = np.array([int(stroke.colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32)
    part[..., :3] = np.rint(part[..., :3] + (ink - part[..., :3]) * share)
    part[..., 3] = np.rint(above * 255)
    return box


def stroke_coverage(stroke: Stroke, paper: Size, size: Size) -> tuple[Box, np.ndarray]:
    """Which part of each pixel a stroke covers: its box on a picture of `size`, and uint8 coverage in that box."""
    scale = np.array([size.width / paper.width, size.height / paper.height], np.float64)
    centres = stroke.points[:, :2] * scale
    radii = stroke.points[:, 2].astype(np.float64) * (stroke.size_px / 2 * scale.mean())
    low, high = (centres - radii[:, None]).min(0), (centres + radii[:, None]).max(0)
    box = Box.around(low[0], low[1], high[0], high[1]).clipped(size)
    if box.is_empty:
        return box, np.zeros((0, 0), np.uint8)
    samples = np.zeros((box.size.height * _SAMPLES, box.size.width * _SAMPLES), np.uint8)
    # A sample's centre is at +0.5: shifted, so that OpenCV's whole coordinates are the centres.
    centres = (centres - (box.left, box.top)) * _SAMPLES - 0.5
    radii = np.maximum(radii * _SAMPLES - _BORDER, 0.05)
    _fill(samples, centres, radii)
    return box, cv2.resize(samples, box.size, interpolation=cv2.INTER_AREA)


def _fill(samples: np.ndarray, centres: np.ndarray, radii: np.ndarray) -> None:
    for outline in (*(_disc(c, r) for c, r in zip(centres, radii, strict=True)), *_joints(centres, radii)):
        fixed = np.rint(outline * (1 << _FRACTION_BITS)).astype(np.int32)
        cv2.fillPoly(samples, [fixed], 255, lineType=cv2.LINE_8, shift=_FRACTION_BITS)


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
