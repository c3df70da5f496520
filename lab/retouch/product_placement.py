"""A product in a scene: put in its place with its shadow, its own pixels untouched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.core.errors import BadInput
from lab.core.geometry import Box, Size
from lab.core.picture import Mask, Picture
from lab.core.reporter import by_rows, check_wanted
from lab.retouch.colours import statistics, to_lab, to_rgb
from lab.retouch.masks import inverted, mask_bounds
from lab.retouch.reflection import reflection
from lab.retouch.shadow import Light, composed, shadow

_PULL = 0.5
"""At full harmony the scene's mean colour moves so far towards the product's, as a share of their distance."""
_REDRAWN = np.array([14.0, 5.0, 5.0])
"""The most that a redrawn shadow differs in lightness, a and b from the one that was computed."""
_FARTHEST = np.array([6.0, 8.0, 8.0])
"""The most that lightness, a and b of a scene move: harmony is not a filter."""


@dataclass(frozen=True)
class Placement:
    """Where a product stands in a scene, and how large it is.

    Args:
        x: of the product's middle, as a share of the scene's width.
        y: of the product's foot, as a share of the scene's height.
        height: of the product, as a share of the scene's height; None keeps its own size, pixel for pixel.
    """

    x: float = 0.5
    y: float = 0.85
    height: float | None = None


@dataclass(frozen=True)
class ProductShot:
    """A product in its scene, and the layers of which the picture was made.

    Args:
        picture: all of it, RGB.
        scene: what is behind everything, harmonised when that was asked for.
        shadow: the shadow, RGBA.
        mirrored: the reflection in the floor, RGBA; empty unless asked for.
        product: the product, RGBA; where it is opaque the picture has exactly its pixels.
    """

    picture: Picture
    scene: Picture
    shadow: Picture
    mirrored: Picture
    product: Picture

    @property
    def around(self) -> Mask:
        """Everything but the product: where a model may redraw the scene."""
        return inverted(Mask.from_alpha(self.product))


def placed_box(product: Picture, size: Size, placement: Placement) -> Box:
    """Where the product's visible part comes to lie, in pixels of a scene of this size; may reach beyond the scene.

    Raises:
        BadInput: when the product has no alpha, is wholly transparent, or the height is out of range.
    """
    return _box(_visible(product), size, placement)


def placed(product: Picture, size: Size, placement: Placement) -> Picture:
    """The product in its place, as an RGBA layer of the scene's size; what reaches beyond the scene is cut off.

    Raises:
        BadInput: as `placed_box`, and when the product would lie outside the scene.
    """
    cut = _visible(product)
    box = _box(cut, size, placement)
    seen = box.clipped(size)
    if seen.is_empty:
        msg = f"at {placement.x:g}, {placement.y:g} the product lies outside the scene: 0.5, 0.85 is in the middle, low"
        raise BadInput(msg)
    check_wanted()
    cut = cut.resized(box.size)
    check_wanted()
    layer = np.zeros((size.height, size.width, 4), np.uint8)
    part = cut.pixels[seen.top - box.top : seen.bottom - box.top, seen.left - box.left : seen.right - box.left]
    layer[seen.top : seen.bottom, seen.left : seen.right] = part
    return Picture(layer)


def product_shot(
    scene: Picture,
    product: Picture,
    placement: Placement | None = None,
    *,
    light: Light | None = None,
    mirror: float = 0.0,
    harmony: float = 0.0,
) -> ProductShot:
    """The product standing in the scene, with its shadow.

    Args:
        scene: the background.
        product: a cut-out, RGBA.
        placement: where it stands; in the middle, low, at its own size unless given.
        light: what its shadow looks like.
        mirror: how much the floor mirrors it, 0..1.
        harmony: how much the scene's light and colours move towards the product's, 0..1. The product never changes.

    Raises:
        BadInput: when the product cannot be placed or a number is out of range.
    """
    if not 0 <= harmony <= 1:
        msg = f"harmony is between 0 and 1, not {harmony!r}"
        raise BadInput(msg)
    layer = placed(product, scene.size, placement or Placement())
    behind = harmonised(scene.on_white(), layer, harmony)
    check_wanted()
    mirrored = reflection(layer, opacity=mirror)
    check_wanted()
    dark = shadow(layer, light)
    return ProductShot(composed(behind, mirrored, dark, layer), behind, dark, mirrored, layer)


def harmonised(scene: Picture, product: Picture, amount: float) -> Picture:
    """The scene with its mean light and colour moved a little towards the product's; the scene itself at 0.

    Args:
        scene: the background.
        product: RGBA, of any size; only what is opaque counts.
        amount: 0..1.
    """
    alpha = Mask.from_alpha(product).pixels
    if amount == 0 or not alpha.any():
        return scene
    lab = to_lab(scene.pixels)
    own = statistics(lab, np.ones(lab.shape[:2])).mean
    wanted = statistics(to_lab(product.pixels), alpha).mean
    move = np.clip(amount * _PULL * (wanted - own), -_FARTHEST * amount, _FARTHEST * amount)

    def moved(pixels: np.ndarray, lab: np.ndarray) -> np.ndarray:
        return np.concatenate([np.rint(to_rgb(lab + move)).astype(np.uint8), pixels[..., 3:]], axis=-1)

    return Picture(by_rows(moved, scene.pixels, lab))


def shaded(shot: Picture, redrawn: Picture) -> Picture:
    """The redrawn shadow with the hues of the shot: a shadow is the same floor in less light.

    Both are RGB and of one size; where they agree the result does so bit by bit.
    """
    most = _REDRAWN.astype(np.float32)

    def darkened(own: np.ndarray, redrawn: np.ndarray) -> np.ndarray:
        before, after = to_lab(own), to_lab(redrawn)
        moved = before + most * np.tanh((after - before) / most)
        differs = (own != redrawn).any(axis=-1, keepdims=True)
        return np.where(differs, np.rint(to_rgb(moved)).astype(np.uint8), own)

    return Picture(by_rows(darkened, shot.pixels, redrawn.pixels))


def _visible(product: Picture) -> Picture:
    """The product without the transparent rows and columns around it."""
    if not product.has_alpha:
        msg = "a product without transparency brings its background along: cut it out first"
        raise BadInput(msg)
    own = mask_bounds(Mask.from_alpha(product))
    if own.is_empty:
        msg = "the product is wholly transparent: there is nothing to place"
        raise BadInput(msg)
    return Picture(product.pixels[own.top : own.bottom, own.left : own.right])


def _box(visible: Picture, size: Size, placement: Placement) -> Box:
    width, height = visible.size
    if placement.height is not None:
        if not 0 < placement.height <= 4:
            msg = f"a product's height is above 0 and at most 4 times the scene's, not {placement.height!r}"
            raise BadInput(msg)
        rows = max(1, round(placement.height * size.height))
        width, height = max(1, round(width * rows / height)), rows
    left = round(placement.x * size.width - width / 2)
    top = round(placement.y * size.height) - height
    return Box(left, top, left + width, top + height)
