from __future__ import annotations

import numpy as np
import pytest

from lab.core import BadInput, Box, Mask, Picture, Size
from lab.retouch.fill import FILLS, filled
from lab.retouch.pull_push import spread
from tests.retouch import scenes
from tests.retouch.scenes import mask_with

SIZE = Size(90, 70)


@pytest.mark.parametrize("how", FILLS)
def test_nothing_outside_the_mask_changes(how: str) -> None:
    dice = np.random.default_rng(0)
    for channels in (3, 4):
        picture = scenes.noise(SIZE, channels=channels)
        mask = scenes.random_mask(dice, SIZE)
        kept = mask.pixels == 0
        assert (filled(picture, mask, how).pixels[kept] == picture.pixels[kept]).all()


@pytest.mark.parametrize("how", ["blur", "telea", "navier-stokes"])
@pytest.mark.parametrize("size", [SIZE, Size(901, 700)], ids=str)
def test_a_hole_in_a_gradient_is_closed(how: str, size: Size) -> None:
    picture = scenes.gradient(size)
    mask = mask_with(size, Box(size.width // 5, size.height // 5, size.width * 4 // 5, size.height * 4 // 5))
    pixels = picture.pixels.copy()
    pixels[mask.pixels > 0] = (255, 0, 255)
    closed = filled(Picture(pixels), mask, how).pixels.astype(int)
    wrong = np.abs(closed - picture.pixels)[mask.pixels > 0]
    assert wrong.mean() < 8
    assert wrong.max() < 60


def test_neutral_is_grey_and_original_is_the_picture_itself() -> None:
    picture = scenes.noise(SIZE)
    mask = mask_with(SIZE, Box(10, 10, 30, 30))
    assert (filled(picture, mask, "neutral").pixels[10:30, 10:30] == 127).all()
    assert filled(picture, mask, "original") is picture


@pytest.mark.parametrize("how", ["blur", "neutral", "telea", "navier-stokes"])
def test_a_wholly_masked_picture_becomes_grey(how: str) -> None:
    everywhere = Mask(np.full((70, 90), 255, np.uint8))
    assert (filled(scenes.noise(SIZE), everywhere, how).pixels == 127).all()


def test_grey_masks_let_the_filling_shine_through() -> None:
    half = Mask(np.full((70, 90), 51, np.uint8))
    assert (filled(scenes.flat(SIZE, (227, 27, 127)), half, "neutral").pixels == (207, 47, 127)).all()


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(BadInput, match="no filling 'magic': use one of original, blur"):
        filled(scenes.flat(SIZE), mask_with(SIZE), "magic")


def test_what_is_known_stays_and_a_plane_is_continued_to_within_its_range() -> None:
    values = np.tile(np.linspace(0, 1, 131, dtype=np.float32)[:, None, None], (1, 77, 1))
    known = np.ones((131, 77), np.float32)
    known[40:90, 20:60] = 0
    made = spread(np.where(known[..., None] > 0, values, 99).astype(np.float32), known)
    assert (made[known > 0] == values[known > 0]).all()
    assert np.abs(made - values).max() < 0.05


def test_one_known_pixel_colours_everything_and_none_leaves_black() -> None:
    known = np.zeros((33, 20), np.float32)
    assert not spread(np.ones((33, 20, 3), np.float32), known).any()
    known[7, 3] = 1
    assert np.allclose(spread(np.full((33, 20, 3), 0.25, np.float32), known), 0.25, atol=1e-4)
