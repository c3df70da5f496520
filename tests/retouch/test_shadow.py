from __future__ import annotations

import numpy as np
import pytest

from lab.core import BadInput, Picture, Size
from lab.retouch.ground_contact import ground_under
from lab.retouch.reflection import reflection
from lab.retouch.shadow import Light, cast_shadow, composed, contact_shadow, shadow
from tests.retouch import scenes
from tests.retouch.subjects import FOOT, SIZE, nothing, standing

FLOOR = scenes.flat(SIZE, (230, 220, 210))


def darkness(layer: Picture) -> np.ndarray:
    return layer.pixels[..., 3].astype(float)


def centre_of(layer: Picture) -> tuple[float, float]:
    """Where a shadow lies on average, from the subject's foot: to the right, and down."""
    dark = darkness(layer)
    rows, columns = np.indices(dark.shape)
    return float((columns * dark).sum() / dark.sum()) - 100, float((rows * dark).sum() / dark.sum()) - FOOT


@pytest.mark.parametrize(
    ("direction", "right", "down"),
    [(90, -1, 0), (270, 1, 0), (0, 0, 1), (180, 0, -1), (315, 1, 1), (45, -1, 1), (-45, 1, 1)],
)
def test_a_shadow_falls_away_from_the_light(direction: float, right: int, down: int) -> None:
    across, along = centre_of(cast_shadow(standing(), Light(direction=direction, elevation=40)))
    if right:
        assert across * right > 10
    else:
        assert abs(across) < 1
    if down:
        assert along * down > 2


def test_a_shadow_darkens_and_never_lightens() -> None:
    subject = standing()
    result = composed(FLOOR, shadow(subject)).pixels.astype(int)
    assert (result <= FLOOR.pixels).all()
    assert (FLOOR.pixels - result).max() > 60


@pytest.mark.parametrize("direction", [45, 90, 270, 315])
def test_a_cast_shadow_touches_the_subject_and_hangs_together(direction: float) -> None:
    layer = cast_shadow(standing(), Light(direction=direction, elevation=40, softness=0.2))
    dark = darkness(layer) > 20
    assert dark[FOOT - 3 : FOOT + 3, 85:115].any()
    side = dark.any(axis=0)
    columns = np.flatnonzero(side)
    assert side[columns[0] : columns[-1] + 1].all()
    assert columns[0] <= 110
    assert columns[-1] >= 90


def test_a_shadow_fades_and_softens_with_distance() -> None:
    layer = darkness(cast_shadow(standing(), Light(direction=270, elevation=40)))
    strongest = layer.max(axis=0)
    assert strongest[118] > strongest[140] > strongest[160] > 0
    profile = darkness(cast_shadow(standing(), Light(direction=270, elevation=30, fade=0)))
    widths = [(profile[:, column] > 0.1 * profile[:, column].max()).sum() for column in (115, 150, 180)]
    assert widths[0] < widths[1] < widths[2]


def test_a_low_light_makes_a_long_shadow() -> None:
    lengths = [centre_of(cast_shadow(standing(), Light(direction=270, elevation=e)))[0] for e in (75, 55, 35)]
    assert lengths == sorted(lengths)
    assert lengths[2] > 3 * lengths[0]


def test_softness_blurs_and_opacity_weakens() -> None:
    sharp, soft = (darkness(cast_shadow(standing(), Light(direction=270, softness=s))).astype(int) for s in (0.0, 1.0))
    assert np.abs(np.diff(sharp[:, 150])).max() > 3 * np.abs(np.diff(soft[:, 150])).max()
    full = darkness(cast_shadow(standing(), Light(opacity=0.8))).max()
    assert darkness(cast_shadow(standing(), Light(opacity=0.4))).max() == pytest.approx(full / 2, abs=2)
    assert not darkness(shadow(standing(), Light(opacity=0, contact=0))).any()


def test_a_contact_shadow_lies_right_under_the_foot() -> None:
    dark = darkness(contact_shadow(standing(), Light(contact=0.7)))
    assert abs(int(np.argmax(dark[:, 100])) - FOOT) <= 1
    assert dark[FOOT, 100] == pytest.approx(0.7 * 255, abs=40)
    assert dark[FOOT + 25].max() < 3
    assert dark[:, 150].max() < 3


def test_what_hangs_above_the_floor_touches_it_less() -> None:
    pixels = standing().pixels.copy()
    pixels[50:60, 110:150] = 255
    dark = darkness(contact_shadow(Picture(pixels)))
    assert dark[FOOT, 100] > 5 * dark[FOOT, 135]


def test_hind_feet_stand_farther_back() -> None:
    alpha = np.zeros((100, 100), np.float32)
    alpha[10:60, 10:90] = 1
    for left, foot in ((12, 90), (35, 82), (60, 82), (82, 90)):
        alpha[60:foot, left : left + 6] = 1
    ground = ground_under(alpha)
    assert ground is not None
    assert [ground.line[column] for column in (14, 37, 62, 84)] == [90, 82, 82, 90]
    assert ground.height == 80


@pytest.mark.parametrize("make", [shadow, cast_shadow, contact_shadow, reflection])
def test_a_transparent_picture_has_no_shadow(make) -> None:
    assert not make(nothing()).pixels[..., 3].any()


@pytest.mark.parametrize("make", [shadow, cast_shadow, contact_shadow, reflection])
def test_a_picture_without_an_outline_is_refused(make) -> None:
    with pytest.raises(BadInput, match="cut it out first"):
        make(FLOOR)


def test_a_faint_subject_still_stands() -> None:
    pixels = standing().pixels.copy()
    pixels[..., 3] = pixels[..., 3] * 0.3
    assert darkness(shadow(Picture(pixels))).max() > 20


def test_the_products_own_pixels_come_through_exactly() -> None:
    dice = np.random.default_rng(0)
    pixels = dice.integers(0, 256, (160, 200, 4), np.uint8)
    product = Picture(pixels)
    result = composed(scenes.noise(SIZE, seed=5), shadow(product), product)
    opaque = pixels[..., 3] == 255
    assert (result.pixels[opaque] == pixels[opaque][:, :3]).all()
    gone = pixels[..., 3] == 0
    only_shadow = composed(scenes.noise(SIZE, seed=5), shadow(product))
    assert (result.pixels[gone] == only_shadow.pixels[gone]).all()


def test_large_pictures_get_the_shadow_of_small_ones() -> None:
    size = Size(1000, 800)
    large = Picture(np.kron(standing().pixels, np.ones((5, 5, 1), np.uint8)))
    assert large.size == size
    big, small = darkness(shadow(large)), darkness(shadow(standing()))
    shrunk = big.reshape(160, 5, 200, 5).mean(axis=(1, 3))
    assert np.abs(shrunk - small).mean() < 3


def test_a_reflection_is_the_subject_upside_down_and_fades() -> None:
    pixels = standing().pixels.copy()
    pixels[80:FOOT, 90:110, :3] = (200, 30, 30)
    pixels[50:80, 90:110, :3] = (30, 30, 200)
    layer = reflection(Picture(pixels), opacity=0.5, reach=1, softness=0)
    assert not layer.pixels[:FOOT, :, 3].any()
    assert layer.pixels[FOOT + 5, 100, 0] > 150
    assert layer.pixels[FOOT + 40, 100, 2] > 150
    assert int(layer.pixels[FOOT, 100, 3]) == pytest.approx(127, abs=6)
    assert (np.diff(layer.pixels[FOOT:, 100, 3].astype(int)) <= 0).all()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"elevation": 0}, "the elevation of a light is between 10 and 85, not 0"),
        ({"softness": 1.5}, "the softness of a light is between 0 and 1, not 1.5"),
        ({"direction": float("nan")}, "direction of a light is between -360 and 360, not nan"),
        ({"colour": (0, 0, 300)}, "three levels between 0 and 255"),
    ],
)
def test_an_impossible_light_is_refused(settings: dict, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        Light(**settings)


def test_impossible_layers_and_reflections_are_refused() -> None:
    with pytest.raises(BadInput, match="a layer is 200x160 and the background is 8x8"):
        composed(scenes.flat(Size(8, 8)), standing())
    with pytest.raises(BadInput, match=r"between 0 and 1, not 0\.3, 0, 0\.3"):
        reflection(standing(), reach=0)
