"""Sketches in a hand that training never saw: line drawings of the same objects by other artists."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lab.starter.train.pool import SIZE_PX

_PEN_PX = 4  # filled areas of the drawings become outlines of about this width


def emoji_of(code: str) -> str:
    """The characters of a code such as "1f34e" or "2603-fe0f"."""
    return "".join(chr(int(part, 16)) for part in code.split("-") if part != "fe0f")


def foreign_sketch(code: str, font: Path, fill: float = 0.86) -> np.ndarray | None:
    """The foreign artist's drawing of an object, True on the lines; None when the artist has not drawn it.

    Args:
        code: the object's code.
        font: the font file.
        fill: how much of the picture's side the drawing takes, 0 to 1.
    """
    face = ImageFont.truetype(str(font), 400)
    big = Image.new("L", (640, 640))
    ImageDraw.Draw(big).text((60, 60), emoji_of(code), fill=255, font=face)
    box = big.getbbox()
    unknown = Image.new("L", (640, 640))
    ImageDraw.Draw(unknown).text((60, 60), "\U000e0fff", fill=255, font=face)
    if box is None or len(emoji_of(code)) > 1 or np.array_equal(np.asarray(big), np.asarray(unknown)):
        return None
    drawing = big.crop(box)
    scale = SIZE_PX * fill / max(drawing.size)
    drawing = drawing.resize([max(1, round(side * scale)) for side in drawing.size], Image.Resampling.LANCZOS)
    page = Image.new("L", (SIZE_PX, SIZE_PX))
    page.paste(drawing, ((SIZE_PX - drawing.width) // 2, (SIZE_PX - drawing.height) // 2))
    ink = (np.asarray(page) > 110).astype(np.uint8)
    inside = cv2.distanceTransform(ink, cv2.DIST_L2, 5)
    thick = cv2.dilate((inside > _PEN_PX + 1).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    return (ink > 0) & ~(thick & (inside > _PEN_PX))
