from __future__ import annotations

import numpy as np
import pytest

from lab.core import BadInput, Mask, Picture, Size
from lab.retouch.masks import mask_bounds
from lab.retouch.product_placement import Placement, harmonised, placed, product_shot
from lab.retouch.shadow import Light
from tests.retouch import scenes
from tests.retouch.subjects import nothing, standing

SCENE = scenes.gradient(Size(300, 240))


def product(width: int = 30, height: int = 50) -> Picture:
    pixels = scenes.noise(Size(width, height), channels=4).pixels.copy()
    pixels[..., 3] = 255
    return Picture(np.pad(pixels, ((7, 9), (11, 5), (0, 0))))


def test_a_product_stands_where_it_is_put() -> None:
    layer = placed(product(), SCENE.size, Placement(0.25, 0.75))
    assert mask_bounds(Mask.from_alpha(layer)) == (60, 130, 90, 180)
    scaled = placed(product(), SCENE.size, Placement(0.5, 1, height=0.5))
    assert mask_bounds(Mask.from_alpha(scaled)) == (114, 120, 186, 240)


def test_at_its_own_size_every_pixel_is_the_products_own() -> None:
    own = product()
    shot = product_shot(SCENE, own, Placement(0.4, 0.8), light=Light(), mirror=0.3, harmony=1)
    left, top, right, bottom = mask_bounds(Mask.from_alpha(shot.product))
    assert (shot.picture.pixels[top:bottom, left:right] == own.pixels[7:57, 11:41, :3]).all()


def test_the_product_layer_comes_through_exactly_at_any_size() -> None:
    for height in (0.1, 0.33, 0.9, 1.7):
        shot = product_shot(SCENE, standing(), Placement(0.3, 0.9, height), harmony=0.5)
        opaque = shot.product.pixels[..., 3] == 255
        assert (shot.picture.pixels[opaque] == shot.product.pixels[opaque][:, :3]).all()


def test_what_reaches_beyond_the_scene_is_cut_off() -> None:
    layer = placed(product(), SCENE.size, Placement(0, 1.05))
    assert mask_bounds(Mask.from_alpha(layer)) == (0, 202, 15, 240)


def test_the_mask_around_leaves_the_product_out() -> None:
    shot = product_shot(SCENE, product())
    assert ((shot.around.pixels == 0) == (shot.product.pixels[..., 3] == 255)).all()


def test_harmony_moves_the_scene_gently_towards_the_product_and_never_the_product() -> None:
    red = Picture(np.full((10, 10, 4), (255, 20, 20, 255), np.uint8))
    assert harmonised(SCENE, red, 0) is SCENE
    before, after = SCENE.pixels.astype(int), harmonised(SCENE, red, 1).pixels.astype(int)
    assert (after - before)[..., 0].mean() > (after - before)[..., 1].mean() + 3
    assert np.abs(after - before).mean() < 20


def test_without_light_effects_only_the_shadow_changes_the_scene() -> None:
    shot = product_shot(SCENE, product(), light=Light(opacity=0, contact=0))
    clear = shot.product.pixels[..., 3] == 0
    assert (shot.picture.pixels[clear] == SCENE.pixels[clear]).all()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: placed(SCENE, SCENE.size, Placement()), "cut it out first"),
        (lambda: placed(nothing(), SCENE.size, Placement()), "wholly transparent"),
        (lambda: placed(product(), SCENE.size, Placement(3, 0.5)), "at 3, 0.5 the product lies outside"),
        (lambda: placed(product(), SCENE.size, Placement(height=0)), "at most 4 times the scene's, not 0"),
        (lambda: product_shot(SCENE, product(), harmony=2), "harmony is between 0 and 1, not 2"),
    ],
)
def test_mistakes_are_named(wrong, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        wrong()
