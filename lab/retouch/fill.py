"""What a model starts from under the mask. Outside the mask every pixel stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.picture import Mask, Picture
from lab.core.reporter import by_rows, check_wanted
from lab.retouch.masks import check_same_size, shares
from lab.retouch.morphology.discs import box_around
from lab.retouch.pull_push import spread

_NEUTRAL = 127
"""The grey in the middle of a model's range: neither light nor colour is suggested."""
_REACH_PX = 5
"""How far around a pixel Telea and Navier-Stokes look."""
_LARGEST_HOLE = 384
"""Holes longer than this are filled at a smaller size: both methods only draw out what is near, slowly."""


def _original(pixels: np.ndarray, unknown: np.ndarray) -> np.ndarray:  # noqa: ARG001 - every filling has this signature
    return pixels


def _blur(pixels: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    colours = by_rows(lambda rows: rows.astype(np.float32), pixels)
    return spread(colours, by_rows(lambda rows: (~rows).astype(np.float32), unknown))


def _neutral(pixels: np.ndarray, unknown: np.ndarray) -> np.ndarray:  # noqa: ARG001
    return np.full(pixels.shape, _NEUTRAL, np.float32)


def _telea(pixels: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    return _drawn_out(pixels, unknown, cv2.INPAINT_TELEA)


def _navier_stokes(pixels: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    return _drawn_out(pixels, unknown, cv2.INPAINT_NS)


FILLS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "original": _original,
    "blur": _blur,
    "neutral": _neutral,
    "telea": _telea,
    "navier-stokes": _navier_stokes,
}
"""Ways to fill by name: what is there already; the surroundings, blurred; grey; lines around drawn out (two ways)."""


def filled(picture: Picture, mask: Mask, how: str) -> Picture:
    """The picture with everything masked filled in one of the ways of `FILLS`.

    Where the mask is grey the filling shows through as much as the mask is opaque; alpha stays as it is. Where all of
    the picture is masked there is nothing to spread or draw out, and every way but "original" gives grey.

    Raises:
        BadInput: when there is no such way, or the mask has another size.
    """
    if how not in FILLS:
        msg = f"there is no filling {how!r}: use one of {', '.join(FILLS)}"
        raise BadInput(msg)
    check_same_size(mask, picture.size)
    if how == "original" or not mask.pixels.any():
        return picture
    check_wanted()
    unknown = mask.pixels > 0
    colours = picture.pixels[..., :3]
    filling = _neutral(colours, unknown) if unknown.all() else FILLS[how](colours, unknown)
    check_wanted()

    def blended(pixels: np.ndarray, filling: np.ndarray, share: np.ndarray) -> np.ndarray:
        colours = np.rint(pixels[..., :3] * (1 - share) + filling * share).astype(np.uint8)
        return np.concatenate([colours, pixels[..., 3:]], axis=-1)

    return Picture(by_rows(blended, picture.pixels, filling, shares(mask)[..., None]))


def _drawn_out(pixels: np.ndarray, unknown: np.ndarray, way: int) -> np.ndarray:
    hole = box_around(unknown, 0)
    height, width = unknown.shape
    scale = min(1.0, _LARGEST_HOLE / max(hole.size))
    if scale == 1:
        return cv2.inpaint(np.ascontiguousarray(pixels), unknown.astype(np.uint8), _REACH_PX, way)
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Only what is known counts: a plain average would carry colours out of the hole.
    coarse = cv2.resize(_blur(pixels, unknown), small, interpolation=cv2.INTER_AREA)
    check_wanted()
    coarse_unknown = cv2.resize(unknown.astype(np.float32), small, interpolation=cv2.INTER_AREA) > 0.5
    coarse = np.rint(np.clip(coarse, 0, 255)).astype(np.uint8)
    check_wanted()
    drawn = cv2.inpaint(coarse, coarse_unknown.astype(np.uint8), _REACH_PX, way)
    check_wanted()
    return cv2.resize(drawn, (width, height), interpolation=cv2.INTER_CUBIC)
