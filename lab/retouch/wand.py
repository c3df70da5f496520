"""Selections without a network: colours around a click, a box, and what stands out in a box (GrabCut)."""

from __future__ import annotations

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.geometry import Box, Size
from lab.core.picture import Mask, Picture
from lab.retouch.colours import to_lab
from lab.retouch.grabcut import difference_from, grabcut

_WORKING_SIDE = 512
"""GrabCut works at this size: its time grows with the pixels."""
_LIKE_OUTSIDE = 4.0
"""What differs by less from the colours around a box, in CIELAB, is at first taken for background."""


def wand(picture: Picture, x: int, y: int, *, tolerance: float = 12.0, connected: bool = True) -> Mask:
    """Everything of about the colour at a pixel.

    Args:
        picture: what was clicked on; on white where it is transparent.
        x: column of the click.
        y: row of the click.
        tolerance: how far a colour may differ, in units of CIELAB; 2 is just visible, 100 is black to white.
        connected: only what hangs together with the pixel clicked, or that colour everywhere.

    Raises:
        BadInput: when the click lies outside the picture or the tolerance is negative.
    """
    if not (0 <= x < picture.size.width and 0 <= y < picture.size.height):
        msg = f"the click at {x}, {y} lies outside the picture of {picture.size}"
        raise BadInput(msg)
    if tolerance < 0:
        msg = f"a tolerance is 0 or more, not {tolerance!r}"
        raise BadInput(msg)
    lab = to_lab(picture.on_white().pixels)
    alike = (np.linalg.norm(lab - lab[y, x], axis=-1) <= tolerance).astype(np.uint8)
    if connected:
        _, labels = cv2.connectedComponents(alike, connectivity=4)
        alike = (labels == labels[y, x]).astype(np.uint8)
    return Mask(alike * 255)


def box_mask(size: Size, box: Box) -> Mask:
    """The inside of a box, clipped to a picture of this size."""
    pixels = np.zeros((size.height, size.width), np.uint8)
    inside = box.clipped(size)
    pixels[inside.top : inside.bottom, inside.left : inside.right] = 255
    return Mask(pixels)


def grabbed(picture: Picture, box: Box) -> Mask:
    """What stands out in a box from everything outside it, by GrabCut.

    Raises:
        BadInput: when the box is empty, covers the whole picture, or nothing in it stands out.
    """
    size, box = picture.size, box.clipped(picture.size)
    if box.is_empty or box.size == size:
        msg = f"draw a box around the subject that leaves some background: {tuple(box)} on {size} does not"
        raise BadInput(msg)
    small = size if max(size) <= _WORKING_SIDE else size.fitted_into(Size(_WORKING_SIDE, _WORKING_SIDE))
    colours = cv2.resize(picture.on_white().pixels, small, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(box_mask(size, box).pixels, small, interpolation=cv2.INTER_AREA) >= 128
    if not inside.any() or inside.all():
        msg = f"the box {tuple(box)} is too small, or leaves too little background, on a picture of {size}"
        raise BadInput(msg)
    alike = difference_from(colours, (~inside).astype(np.float32)) < _LIKE_OUTSIDE
    guess = np.where(inside, np.where(alike, cv2.GC_PR_BGD, cv2.GC_PR_FGD), cv2.GC_BGD).astype(np.uint8)
    found = grabcut(colours, guess, rounds=5).astype(np.float32)
    if not found.any():
        msg = "nothing in this box stands out from what is around it: draw a lasso, or paint"
        raise BadInput(msg)
    smooth = cv2.resize(found, size, interpolation=cv2.INTER_LINEAR)
    sharp = np.clip((smooth - 0.5) * max(1.0, size.width / small.width) + 0.5, 0, 1) if small != size else smooth
    return Mask(np.rint(sharp * 255).astype(np.uint8))
