"""Masks as other tools write them, all read in one way: levels, 255 where the picture may change."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

_COLOURED = 48
"""Levels between the strongest and the weakest channel from which a pixel is of a colour, not of a grey."""
_ONE_COLOUR = 24
"""Levels within which four of five painted pixels must lie of the usual one to be paint of one colour, not a photo."""
_AROUND = 0.5
"""A picture of one dark colour whose border is opaque for more than this share is a picture with holes in it."""
_NEARLY = 32
"""A black may be lighter by so many levels, and a white darker, where large parts of the mask have them: levels of
video go from 16 to 235."""
_LIGHT, _SPECKS = 128, 0.001
"""Grey paint counts by its lightness where more than this share of it is light; all else of it is ink, however dark."""
_LARGE = 0.2
"""The share of a mask from which a part of it is large."""
_LEVELS = np.arange(256)
_ROWS_AT_ONCE, _AT_ONCE = 128, 2**16
"""What is wider than the pixels, and is wanted of all of them, is made of so many rows, or levels, at a time."""


def mask_levels(pixels: np.ndarray) -> np.ndarray:
    """The mask in a picture that was made to be one: (h, w) uint8, 255 where it may change.

    - Opaque and grey: its lightness. Values 0 and 1 stand for black and white; a black that is not quite black, or a
      white that is not quite white, over large parts of it is meant as such.
    - Opaque, with one colour painted on black, white or grey: where it is of that colour.
    - Transparent somewhere, with grey on it: its lightness over black.
    - Transparent somewhere, with paint of one colour, or black: the paint. Where that, or a photograph, goes around
      the border, the transparent holes in it are meant instead, as editors and web services write them.

    Args:
        pixels: (h, w, 3 or 4) uint8, sRGB, straight alpha.
    """
    colours = pixels[..., :3]
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3]
        most = int(alpha.max())
        if alpha.min() < most / 2 or most == 0:
            strongest, coloured = _strongest_and_coloured(colours)
            return _with_alpha(colours, coloured, strongest, alpha)
    _, coloured = _strongest_and_coloured(colours)
    if int(coloured.max()) < _COLOURED:
        return _stretched(_lightness(colours))
    plain = np.zeros(256, np.int64)
    for top in range(0, len(colours), _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        plain += _counts(colours[rows][coloured[rows] < _COLOURED // 2])
    if not plain.any() or not _is_of_one_level(plain):  # no paint on a ground: a picture
        return _stretched(_lightness(colours))
    counts = _counts(coloured)
    counts[:_COLOURED] = 0
    share = np.arange(256) / _quantile(_LEVELS, counts, 0.9)
    return cv2.LUT(coloured, np.rint(255 * np.minimum(share, 1)).astype(np.uint8))


def _strongest_and_coloured(colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The strongest channel of each pixel, and how far the weakest is below it; some rows at a time."""
    strongest, coloured = (np.empty(colours.shape[:2], np.uint8) for _ in range(2))
    for top in range(0, len(colours), _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        red, green, blue = cv2.split(colours[rows])
        strongest[rows] = np.maximum(np.maximum(red, green), blue)
        coloured[rows] = strongest[rows] - np.minimum(np.minimum(red, green), blue)
    return strongest, coloured


def _is_of_one_level(counts: np.ndarray) -> bool:
    """Whether four of five of the levels that were counted are near the usual one."""
    apart = np.abs(_LEVELS - _quantile(_LEVELS, counts, 0.5))
    return _quantile(apart, counts, 0.8) <= _ONE_COLOUR


def _counts(levels: np.ndarray) -> np.ndarray:
    """How often each of 256 levels is there, without a copy in wider numbers of all of them."""
    flat = levels.reshape(-1)
    return sum(
        (np.bincount(flat[at : at + _AT_ONCE], minlength=256) for at in range(0, flat.size, _AT_ONCE)),
        start=np.zeros(256, np.int64),
    )


def _quantile(values: np.ndarray, counts: np.ndarray, share: float) -> float:
    """As `np.quantile` of values that are there so many times each."""
    order = np.argsort(values)
    upto = np.cumsum(counts[order])
    at = share * (upto[-1] - 1)
    low, high = (values[order[np.searchsorted(upto, index, side="right")]] for index in (np.floor(at), np.ceil(at)))
    return float(low + (high - low) * (at % 1))


def _with_alpha(colours: np.ndarray, coloured: np.ndarray, strongest: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    painted = alpha >= max(1, int(alpha.max()) // 2)
    if not painted.any():
        return alpha
    own = colours[painted].astype(np.int16)
    usual = np.median(own, axis=0)
    is_paint = np.percentile(np.abs(own - usual).max(axis=1), 80) <= _ONE_COLOUR
    is_grey = np.percentile(coloured[painted], 80) < _COLOURED
    border = np.concatenate([painted[0], painted[-1], painted[:, 0], painted[:, -1]])
    goes_around = border.mean() > _AROUND
    if is_paint and not is_grey:
        return alpha
    has_light = (strongest[painted] >= _LIGHT).mean() > _SPECKS
    if is_grey and has_light and (is_paint or _is_black_and_white(strongest[painted])):
        return _over_black(colours, alpha)
    if goes_around:
        return 255 - alpha
    return alpha if is_paint or not is_grey else _over_black(colours, alpha)


def _is_black_and_white(levels: np.ndarray) -> bool:
    """Whether nearly all of it is dark or light, or all of one level, as in a mask, and no grey picture."""
    return bool(((levels < 255 // 4) | (levels > 255 - 255 // 4)).mean() > 1 - _LARGE) or int(np.ptp(levels)) < _NEARLY


def _over_black(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    over = _lightness(colours).astype(np.uint16) * alpha
    return _stretched(((over + 127) // 255).astype(np.uint8))


def _lightness(colours: np.ndarray) -> np.ndarray:
    """As Pillow weighs the channels (ITU-R BT.601); some rows at a time."""
    levels = np.empty(colours.shape[:2], np.uint8)
    for top in range(0, len(colours), _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        levels[rows] = np.asarray(Image.fromarray(colours[rows]).convert("L"))
    return levels


def _stretched(levels: np.ndarray) -> np.ndarray:
    """The levels from what is meant as black to what is meant as white."""
    high = int(levels.max())
    if high == 1:
        return levels * 255
    counts = _counts(levels)
    dark = int(counts[: _NEARLY + 1].argmax())
    light = 255 - int(counts[: 254 - _NEARLY : -1].argmax())
    dark = dark if counts[dark] >= _LARGE * levels.size else 0
    light = light if counts[light] > counts[255] + _LARGE * counts[128:].sum() else 255
    if (dark, light) == (0, 255):
        return levels
    table = np.clip((np.arange(256) - dark) / (light - dark), 0, 1)
    return cv2.LUT(levels, np.rint(255 * table).astype(np.uint8))
