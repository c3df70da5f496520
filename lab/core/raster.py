"""From strokes to pixels, at any size: what the model sees is what this file draws.

What a stroke covers is defined in `lab.core.stroke`; `lab.core.coverage` fills it, lines with up to 16 x 16 samples a
pixel, so that an edge is right to 1/256 on average. The browser's ink layer fills the same shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from lab.core.coverage.areas import area_coverage
from lab.core.coverage.lines import line_coverage
from lab.core.geometry import Box, Size
from lab.core.image_files import check_size
from lab.core.picture import Picture
from lab.core.sentences.checked_call import checked
from lab.core.sketch import Sketch
from lab.core.stroke import Stroke

_FINE_BLUR_PX = 64
"""A blur of twice this standard deviation or more is made on a picture that is so many times smaller."""
_BLUR_REACH = 3
"""A blur reaches this many standard deviations."""


@checked
def rasterise(sketch: Sketch, size: Size | None = None) -> Picture:
    """The strokes as an RGBA picture, transparent where there is no ink.

    Args:
        sketch: what was drawn; its background is left out.
        size: the picture's size; the sketch's own when None. Strokes are drawn anew at that size, not scaled.

    Raises:
        BadInput: when a picture cannot be so large.
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
        sketch: the strokes, for who wants to draw on.
    """

    lines: Picture
    colours: Picture | None = None
    sketch: Sketch | None = None


def drawn(sketch: Sketch, size: Size | None = None) -> DrawnSketch:
    """Both readings of a sketch; size as for `rasterise`."""
    strokes = rasterise(sketch, size)
    if not sketch.is_coloured:
        return DrawnSketch(on_paper(strokes, sketch), sketch=sketch)
    return DrawnSketch(
        on_paper(rasterise(sketch.lines, size), sketch), as_seen(strokes, rasterise(sketch.colours, size)), sketch
    )


def on_paper(strokes: Picture, sketch: Sketch) -> Picture:
    """The strokes of a sketch, RGBA; on white where all of them are: on white paper they hide lines, and are none."""
    ink = strokes.pixels[..., 3] > 0
    is_hidden = sketch.background is None and ink.any() and int(strokes.pixels[..., :3][ink].min()) == 255
    return strokes.on_white() if is_hidden else strokes


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
    blur = stroke.blur_px * scale.mean()
    if blur >= 2 * _FINE_BLUR_PX:
        return _coarse_coverage(stroke, paper, size, blur / _FINE_BLUR_PX)
    points = stroke.points[:, :2] * scale
    radius = stroke.drawn_size_px / 2 * scale.mean() if stroke.shape == "line" else 0.0
    radii = stroke.points[:, 2].astype(np.float64) * radius
    margin = int(np.ceil(_BLUR_REACH * blur))  # a blur needs what lies just outside the picture, too
    box = _box_around(points, radii[:, None] + _BLUR_REACH * blur, stroke.mirror, size)
    if box.is_empty:
        return box, np.zeros((0, 0), np.uint8)
    roomy = Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)
    inside = points - (roomy.left, roomy.top)
    if stroke.shape == "area":
        coverage = area_coverage(np.split(inside, stroke.breaks), roomy.size)
    else:
        coverage = line_coverage(inside, radii, roomy.size)
    for axis, name in enumerate("xy"):
        if name in stroke.mirror:  # the box lies in the middle, too
            coverage = np.maximum(coverage, np.flip(coverage, 1 - axis))
    if blur > 0:
        coverage = _blurred(coverage, blur)
    return box, coverage[margin : coverage.shape[0] - margin, margin : coverage.shape[1] - margin]


def _coarse_coverage(stroke: Stroke, paper: Size, size: Size, coarser: float) -> tuple[Box, np.ndarray]:
    """The coverage of the whole picture, made on one that is so many times smaller: the blur hides all detail."""
    small = Size(*(max(1, round(side / coarser)) for side in size))
    box, part = stroke_coverage(replace(stroke, tool="brush"), paper, small)
    coverage = np.zeros((small.height, small.width), np.uint8)
    coverage[box.top : box.bottom, box.left : box.right] = part
    return Box(0, 0, *size), cv2.resize(coverage, size, interpolation=cv2.INTER_LINEAR)


def _box_around(points: np.ndarray, reach: np.ndarray, mirror: str, size: Size) -> Box:
    """The part of the picture that discs of these reaches, and their mirror images, lie in."""
    low, high = (points - reach).min(0), (points + reach).max(0)
    for axis, name in enumerate("xy"):
        if name in mirror:
            outer = max(size[axis] - low[axis], high[axis])
            low[axis], high[axis] = size[axis] - outer, outer
    return Box.around(low[0], low[1], high[0], high[1]).clipped(size)


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
