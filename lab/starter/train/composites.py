"""Puts one object into one picture: pose, colour, background. No files, no words beyond the colour's name."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from lab.starter.train import colours, marks, places, styles
from lab.starter.train.captions import PLAIN


class Composite(NamedTuple):
    """A finished picture and the posed object alone, all 8 bit and square."""

    picture: np.ndarray  # RGB
    rgb: np.ndarray  # the object's colours before any background
    alpha: np.ndarray
    marks: np.ndarray  # the lines of a pattern painted on it, one pixel wide, 0 or 255


def _premultiplied(rgba: np.ndarray) -> np.ndarray:
    """8 bit RGBA as float32, colours times alpha: what can be warped without a fringe."""
    premultiplied = rgba.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / 255
    return premultiplied


def _straight(premultiplied: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The colours back, 0..255; black where `alpha` (0..255) is next to nothing."""
    share = np.maximum(alpha[..., None] / 255, 1e-3)
    return np.clip(premultiplied[..., :3] / share, 0, 255) * (alpha > 5)[..., None]


def posed(rgba: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """The object turned, scaled and moved a little, on a transparent square; premultiplied, so edges stay clean."""
    alpha = rgba[..., 3]
    rows, columns = np.flatnonzero(alpha.max(1) > 8), np.flatnonzero(alpha.max(0) > 8)
    top, bottom, left, right = rows[0], rows[-1], columns[0], columns[-1]
    wide = max(bottom - top, right - left) + 1
    fill = rng.choice([rng.uniform(0.78, 0.94), rng.uniform(0.55, 0.8)], p=[0.75, 0.25])
    scale = size * fill / wide
    turn = cv2.getRotationMatrix2D(((left + right) / 2, (top + bottom) / 2), rng.normal(0, 5), scale)
    room = (1 - fill) / 2 * size
    turn[0, 2] += size / 2 - (left + right) / 2 + rng.uniform(-0.8, 0.8) * room
    turn[1, 2] += size / 2 - (top + bottom) / 2 + rng.uniform(-0.8, 0.8) * room
    if rng.random() < 0.5:
        turn[0] = -turn[0]
        turn[0, 2] += size
    way = cv2.INTER_AREA if scale < 0.8 else cv2.INTER_CUBIC
    warped = cv2.warpAffine(_premultiplied(rgba), turn, (size, size), flags=way)
    return np.clip(warped, 0, 255)


def bent(rgba: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The object as another artist might have shaped it: stretched, slanted and bulged; on a page half as wide again.

    Args:
        rgba: the object, 8 bit, square.
        rng: decides by how much; a side by up to 1.35 times, a bulge by up to about a tenth of the object.
    """
    size, page = rgba.shape[0], rgba.shape[0] * 3 // 2
    y, x = (each.astype(np.float32) - page / 2 for each in np.mgrid[:page, :page])
    wide, high = np.exp(rng.uniform(-0.3, 0.3, 2))
    slant = rng.normal(0, 0.12)
    cells, amount = rng.uniform(1.5, 4), rng.uniform(0, 0.1) * size
    bulge = [(places.noise(page, cells, cells, rng, 2) - 0.5) * 2 * amount for _ in range(2)]
    across, down = (x + slant * y) / wide + bulge[0] + size / 2, y / high + bulge[1] + size / 2
    warped = cv2.remap(_premultiplied(rgba), across.astype(np.float32), down.astype(np.float32), cv2.INTER_CUBIC)
    alpha = np.clip(warped[..., 3], 0, 255)
    return np.dstack([_straight(warped, alpha), alpha]).astype(np.uint8)


def portrait(rgba: np.ndarray, size: int) -> np.ndarray:
    """The object as its artist drew it, unturned, on white: 8 bit RGB, `size` px square."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    on_white = rgba[..., :3] * alpha + 255 * (1 - alpha)
    return np.clip(cv2.resize(on_white, (size, size), interpolation=cv2.INTER_AREA) + 0.5, 0, 255).astype(np.uint8)


def composite(
    rgba: np.ndarray,
    size: int,
    rng: np.random.Generator,
    *,
    colour: str | None = None,
    plain: str | None = None,
    place: str | None = None,
    style: str | None = None,
    marked: bool = False,
) -> Composite:
    """One picture of an object.

    Args:
        rgba: the object, 8 bit.
        size: side of the picture, px.
        rng: decides pose and texture.
        colour: a colour word to repaint the object to.
        plain: name of a plain background; white when neither this nor `place` is given.
        place: name of a textured place.
        style: a key of `styles.STYLES`; None for the art as it is.
        marked: whether a random pattern is painted on the object.
    """
    if colour is not None:
        rgba = np.dstack([colours.repaint(rgba[..., :3], rgba[..., 3], colour), rgba[..., 3]])
    warped = posed(rgba, size, rng)
    alpha8 = warped[..., 3].astype(np.uint8)
    rgb = _straight(warped, alpha8).astype(np.uint8)
    lines = np.zeros_like(alpha8)
    if marked:
        rgb, lines = marks.painted(rgb, alpha8, rng)
    painted, covered = rgb, alpha8
    if style == "flat":
        painted, covered = styles.flat(rgb, alpha8)
    elif style == "line":
        painted, covered = styles.line(rgb, alpha8)
    alpha = covered[..., None].astype(np.float32) / 255
    if place is not None:
        ground = places.place(place, size, rng)
        if place != "night":
            ground = ground * places.contact_shadow(alpha[..., 0])[..., None]
    elif plain is not None:
        ground = places.plain(PLAIN[plain], size, rng)
    else:
        ground = np.full((size, size, 3), 255, np.float32)
    picture = np.clip(painted * alpha + ground * (1 - alpha) + 0.5, 0, 255).astype(np.uint8)
    return Composite(styles.pastel(picture) if style == "pastel" else picture, rgb, alpha8, lines)
