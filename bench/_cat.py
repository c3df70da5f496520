"""A cat in lines, what is poured into it, and how a picture of it is judged. No models."""

from __future__ import annotations

import cv2
import numpy as np

from bench import _starter_measures as measures
from lab import Picture, Sketch
from lab.core import rasterise, region_strokes
from lab.retouch.wand import wand

COLOURS = {"blue": "#1a73e8", "red": "#d93025", "yellow": "#f2a600"}
"""Those of the canvas's swatches."""
FACE, PAPER = (256, 200), (20, 20)
"""Where a bucket is emptied, in pixels of the paper."""
_GREY = 40
"""Saturation and value, of 255, below which a pixel has no hue that one sees."""
_NO_HUE = 180.0
_INSET_PX = 9
"""The rim of an area is its line's."""


def cat() -> Sketch:
    """Face, ears, eyes, nose, mouth and whiskers in black lines, on paper of 512 x 512."""
    drawn = Sketch().circle(256, 280, 150).circle(200, 250, 18).circle(312, 250, 18)
    lines = [
        [(130, 198), (120, 80), (215, 136)], [(297, 136), (392, 80), (382, 198)],
        [(240, 305), (272, 305), (256, 322), (240, 305)], [(256, 322), (256, 345), (230, 362)],
        [(256, 345), (282, 362)], [(190, 310), (90, 295)], [(190, 335), (90, 345)],
        [(322, 310), (422, 295)], [(322, 335), (422, 345)],
    ]  # fmt: skip
    for points in lines:
        drawn = drawn.line(points)
    return drawn


def poured(sketch: Sketch, place: tuple[int, int], colour: str) -> Sketch:
    """The sketch with a bucket emptied at a place of the paper."""
    region = wand(rasterise(sketch).on_white(), *place, tolerance=12)
    return sketch + region_strokes.poured(region, sketch.size, colour=colour)


def hue_error(picture: Picture, sketch: Sketch, colour: str) -> float:
    """How far, in degrees, the median pixel of the sketch's coloured areas is from a hue; a grey one is 180 away."""
    opaque = rasterise(sketch.colours, picture.size).pixels[..., 3] > 127
    inside = cv2.erode(opaque.astype(np.uint8), np.ones((_INSET_PX, _INSET_PX), np.uint8)) > 0
    hue, saturation, value = cv2.split(cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2HSV_FULL).astype(np.float32))
    away = np.abs((hue * (360 / 256) - _hue_of(colour) + 180) % 360 - 180)
    away[(saturation < _GREY) | (value < _GREY)] = _NO_HUE
    return float(np.median(away[inside]))


def edge_recall(picture: Picture) -> float:
    """The share of the cat's lines, 0..1, that have an edge of the picture near."""
    lines = rasterise(cat(), picture.size).pixels[..., 3] > 127
    return measures.edge_scores(picture.pixels, lines)[0]


def _hue_of(colour: str) -> float:
    rgb = np.array([[[int(colour[place : place + 2], 16) for place in (1, 3, 5)]]], np.uint8)
    return float(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV_FULL)[0, 0, 0]) * 360 / 256
