"""Areas found in pixels, as strokes: what a bucket fills, what letters cover."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Mask
from lab.core.sketch import MAX_SIDE_PX
from lab.core.stroke import MAX_POINTS, Stroke

_UNDER_THE_LINE_PX = 1
"""A bucket fills so far under the soft edge of the line around it that no seam stays white."""
_FINENESS = 4
"""Letters are outlined at so many samples a pixel,"""
_MOST_SAMPLES = 16_000_000
"""and at fewer where they cover so much that these are not enough."""
_MOST_LETTERS = 5000
"""Of words; a page has some 3000."""
_WIDEST_PX = 2 * MAX_SIDE_PX
_STRAIGHT_PX = 0.3
"""An outline may be simplified by so much."""


def poured(region: Mask, paper: Size, **pen: Any) -> Stroke:
    """The area that a bucket fills in a region of the whole paper: it goes a little under the lines around it.

    Raises:
        BadInput: when the region's outline has more points than a stroke can have.
    """
    reach = 2 * _UNDER_THE_LINE_PX + 1
    covered = cv2.dilate(region.pixels, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return outlined(covered, paper.width / region.size.width, **pen)


def text(words: str, x: float, y: float, height_px: float, **pen: Any) -> Stroke:
    """The area that words cover; (x, y) is the left end of the first line's baseline.

    Raises:
        BadInput: when there is nothing to be seen in the words, they take more room than any paper has, or the height
            is out of range.
    """
    if len(words) > _MOST_LETTERS:
        msg = f"{len(words)} letters are too many at once: write at most {_MOST_LETTERS}"
        raise BadInput(msg)
    if not 4 <= height_px <= 1024:
        msg = f"letters are 4 to 1024 pixels high, not {height_px:g}"
        raise BadInput(msg)
    left, top, right, bottom = _box_of(words, ImageFont.load_default(height_px))
    if max(right - left, bottom - top) > _WIDEST_PX:
        msg = f"these words take {right - left:.0f} x {bottom - top:.0f} pixels, and may take {_WIDEST_PX}: write fewer"
        raise BadInput(msg)
    fineness = min(_FINENESS, math.sqrt(_MOST_SAMPLES / max(1, (right - left) * (bottom - top))))
    font = ImageFont.load_default(height_px * fineness)
    left, top, right, bottom = _box_of(words, font)
    size = (int(right - left) + 8, int(bottom - top) + 8)
    image = Image.new("L", size)
    ImageDraw.Draw(image).multiline_text((4 - left, 4 - top), words, 255, font, "ls")
    covered = (np.asarray(image) >= 128).astype(np.uint8)
    if not covered.any():
        msg = f"there is nothing to be seen in {words!r}"
        raise BadInput(msg)
    offset = (x + (left - 4) / fineness, y + (top - 4) / fineness)
    return outlined(covered, 1 / fineness, offset, **pen)


def _box_of(words: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the words, in samples from the left end of the first line's baseline."""
    return ImageDraw.Draw(Image.new("L", (1, 1))).multiline_textbbox((0, 0), words, font, "ls")


def outlined(covered: np.ndarray, scale: float, offset: tuple[float, float] = (0.0, 0.0), **pen: Any) -> Stroke:
    """The area of the pixels that are not 0, as a stroke.

    Args:
        covered: uint8, height x width.
        scale: how wide one of its pixels is on the paper.
        offset: where its left upper corner lies on the paper.
        pen: as in `Stroke`.

    Raises:
        BadInput: when the outline has more points than a stroke can have.
    """
    # Outlines run through the middle of pixels: twice as fine and one pixel wider, they run along their edges.
    fine = cv2.resize(np.pad(covered, 1), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(fine, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    straight = 2 * _STRAIGHT_PX / scale
    rings = [cv2.approxPolyDP(contour, straight, closed=True).reshape(-1, 2) for contour in contours]
    rings = [_on_the_edge(ring) for ring in rings if len(ring) > 2]
    count = sum(map(len, rings))
    if not 0 < count <= MAX_POINTS:
        msg = f"the outline has {count} points, and may have {MAX_POINTS}: try a larger tolerance"
        raise BadInput(msg)
    points = (np.concatenate(rings) / 2 - 1) * scale + offset
    breaks = np.cumsum([len(ring) for ring in rings])[:-1]
    return Stroke(points, shape="area", breaks=tuple(int(b) for b in breaks), **pen)


def _on_the_edge(ring: np.ndarray) -> np.ndarray:
    """A contour of doubled pixels moved onto their outer edge.

    OpenCV's contour runs through pixels of the region (holes: through the pixels around them), and those are half a
    pixel inside the edge: a pixel at an even place has its edge there, one at an odd place has it one farther.
    """
    return ring + (ring % 2)
