"""A subject on a plain background is found by its colours; a soft shadow is not taken along."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lab.core import BadInput, Picture, Size
from lab.retouch.plain_background import has_plain_background, subject_mask
from tests.retouch import scenes
from tests.retouch.subjects import blob, photographed, wrongness

SIZE = Size(320, 240)
BACKGROUNDS = [(250, 250, 250), (225, 222, 215), (150, 170, 230), (40, 42, 48)]


@pytest.mark.parametrize("background", BACKGROUNDS, ids=str)
@pytest.mark.parametrize("size", [SIZE, Size(1001, 751)], ids=str)
def test_a_subject_on_a_plain_background_is_cut_out(background: tuple[int, int, int], size: Size) -> None:
    picture = photographed(size, background, subject=(190, 80, 40))
    assert wrongness(subject_mask(picture), blob(size)) < 0.03


def with_subject(background: np.ndarray, box: tuple[int, int, int, int] = (100, 120, 300, 260)) -> Picture:
    """A blue block on it: top, left, bottom, right."""
    pixels = background.copy()
    top, left, bottom, right = box
    pixels[top:bottom, left:right] = (30, 60, 160)
    return Picture(np.clip(pixels, 0, 255).astype(np.uint8))


def backdrop(kind: str) -> np.ndarray:
    y, x = np.mgrid[:400, :400].astype(np.float32)
    rng = np.random.default_rng(0)
    white = np.full((400, 400, 3), 240, np.float32)
    match kind:
        case "gradient":
            return np.stack([120 + x * 0.2, 160 + y * 0.1, 200 - x * 0.1], axis=-1)
        case "grain":
            return white + rng.normal(0, 4, white.shape)
        case "vignette":
            return white - ((x - 200) ** 2 + (y - 200) ** 2)[..., None] / 800
        case "floor":
            white[250:] = (200, 200, 205)
        case "wall and floor":
            white[200:] = (120, 80, 40)
        case "foliage":
            clouds = cv2.GaussianBlur(rng.normal(0, 1, white.shape).astype(np.float32), (0, 0), 12)
            return clouds / clouds.std() * 40 + 128
    return white


@pytest.mark.parametrize("kind", ["white", "gradient", "grain", "vignette", "floor"])
def test_what_a_studio_hangs_behind_a_subject_is_a_plain_background(kind: str) -> None:
    assert has_plain_background(with_subject(backdrop(kind)))


def test_a_plain_background_stays_one_where_the_subject_is_cut_off_by_the_border() -> None:
    assert has_plain_background(with_subject(backdrop("white"), (150, 50, 400, 350)))


@pytest.mark.parametrize("kind", ["foliage", "wall and floor"])
def test_a_room_and_a_garden_are_no_plain_background(kind: str) -> None:
    assert not has_plain_background(with_subject(backdrop(kind)))


def lamp_on_white(*, shade: float) -> tuple[Picture, np.ndarray]:
    """A red block that carries a thin grey pole, a soft grey shadow below it; and where the pole is."""
    pixels = np.full((240, 320, 3), 250, np.float32)
    shadow = np.zeros((240, 320), np.float32)
    shadow[200:215, 60:260] = shade
    pixels -= cv2.GaussianBlur(shadow, (0, 0), 9)[..., None]
    pole = np.zeros((240, 320), bool)
    pole[20:120, 200:208] = True
    pixels[pole] = 185
    pixels[120:200, 100:220] = (190, 40, 30)
    return Picture(np.rint(pixels).astype(np.uint8)), pole


def test_thin_grey_parts_belong_to_the_subject_and_a_soft_shadow_does_not() -> None:
    picture, pole = lamp_on_white(shade=110)
    alpha = subject_mask(picture).pixels
    assert (alpha[pole] > 200).mean() > 0.95, "the pole is cut off"
    assert (alpha[212:] < 50).mean() > 0.99, "the shadow is taken along"


@pytest.mark.parametrize("picture", [scenes.flat(SIZE), scenes.gradient(SIZE), scenes.flat(Size(3, 2))], ids=str)
def test_a_picture_of_nothing_is_refused(picture: Picture) -> None:
    with pytest.raises(BadInput, match="nothing stands out from the background"):
        subject_mask(picture)


def test_specks_and_pinholes_are_dropped() -> None:
    pixels = np.full((240, 320, 3), 250, np.uint8)
    pixels[60:180, 80:240] = (190, 40, 30)
    pixels[100:103, 150:153] = 250
    pixels[20:23, 20:23] = (190, 40, 30)
    alpha = subject_mask(Picture(pixels)).pixels
    assert (alpha[70:170, 90:230] == 255).all(), "a hole of 3 x 3 is filled"
    assert not alpha[:50, :50].any(), "an island of 3 x 3 is dropped"
