"""How far two pictures are apart: zero for the same, exact for others, and nothing is lost in a smaller map."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab import Picture
from lab.retouch.comparing import pixel_difference, shrunk_map

NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)


@pytest.mark.parametrize("pixels", [NOISE, np.dstack([NOISE, NOISE[..., 0]]), np.zeros((1, 1, 3), np.uint8)])
def test_of_two_that_are_the_same_the_map_is_zero_everywhere(pixels: np.ndarray) -> None:
    apart = pixel_difference(Picture(pixels), Picture(pixels.copy()))
    assert (apart.is_identical, apart.largest, apart.mean, apart.share) == (True, 0, 0.0, 0.0)
    assert math.isinf(apart.psnr_db)
    assert not apart.map.pixels.any()
    assert str(apart) == "identical: every pixel is the same"


def test_the_numbers_are_those_of_the_definition() -> None:
    other = np.random.default_rng(1).integers(0, 256, NOISE.shape, np.uint8)
    other[:20] = NOISE[:20]
    apart = pixel_difference(Picture(NOISE), Picture(other))
    plain = np.abs(NOISE.astype(int) - other.astype(int))
    assert apart.largest == plain.max()
    assert apart.mean == pytest.approx(plain.mean())
    assert apart.share == np.count_nonzero(plain.max(axis=2)) / plain[..., 0].size
    assert apart.psnr_db == pytest.approx(10 * math.log10(255**2 / (plain**2).mean()))
    assert np.array_equal(apart.map.pixels[..., 0], plain.max(axis=2))


def test_what_is_transparent_in_one_alone_differs() -> None:
    opaque, clear = Picture(NOISE), np.dstack([NOISE, np.full(NOISE.shape[:2], 255, np.uint8)])
    assert pixel_difference(opaque, Picture(clear)).largest == 0
    clear[5, 5, 3] = 0
    assert pixel_difference(opaque, Picture(clear)).largest == 255


def test_another_size_is_brought_to_the_first_ones_and_said() -> None:
    small, large = (Picture(np.full((side, side, 3), 90, np.uint8)) for side in (8, 16))
    apart = pixel_difference(small, large)
    assert (apart.map.size, apart.largest, apart.is_identical) == ((8, 8), 0, False)
    assert "the second was scaled to the first" in str(apart)


def test_one_pixel_that_differs_is_seen_in_a_smaller_map() -> None:
    one = np.zeros((301, 199, 3), np.uint8)
    one[300, 198] = (0, 0, 7)
    small = shrunk_map(pixel_difference(Picture(np.zeros_like(one)), Picture(one)).map, 50)
    assert max(small.size) <= 50
    assert small.pixels.max() == 7
    assert np.count_nonzero(small.pixels[..., 0]) == 1
