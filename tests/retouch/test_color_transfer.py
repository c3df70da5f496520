from __future__ import annotations

import cv2
import numpy as np
import pytest

from lab.core import BadInput, Picture, Size
from lab.retouch.color_transfer import palette_transferred
from lab.retouch.colours import to_lab
from tests.retouch import scenes
from tests.retouch.subjects import nothing

SIZE = Size(80, 60)


def soft_noise(seed: int, low: tuple[int, ...], high: tuple[int, ...]) -> Picture:
    dice = np.random.default_rng(seed)
    values = cv2.GaussianBlur(dice.uniform(0, 1, (60, 80, 3)), (0, 0), 2)
    values = (values - values.min()) / np.ptp(values)
    return Picture(np.rint(np.array(low) + values * (np.array(high) - np.array(low))).astype(np.uint8))


WARM = soft_noise(0, (120, 60, 30), (230, 160, 110))
COOL = soft_noise(1, (40, 70, 110), (110, 160, 210))


def test_the_colours_of_the_source_are_taken_over() -> None:
    made, wanted = to_lab(palette_transferred(WARM, COOL).pixels), to_lab(COOL.pixels)
    assert np.abs(made.mean((0, 1)) - wanted.mean((0, 1))).max() < 0.5
    assert np.abs(made.std((0, 1)) - wanted.std((0, 1))).max() < 0.5


def test_half_of_it_lies_half_way() -> None:
    half = to_lab(palette_transferred(WARM, COOL, amount=0.5).pixels).mean((0, 1))
    both = (to_lab(WARM.pixels).mean((0, 1)) + to_lab(COOL.pixels).mean((0, 1))) / 2
    assert np.abs(half - both).max() < 1


def test_none_of_it_is_the_picture_itself_and_its_own_colours_change_nothing() -> None:
    assert palette_transferred(WARM, COOL, amount=0) is WARM
    assert palette_transferred(WARM, WARM) == WARM


def test_light_and_shade_can_stay() -> None:
    made = to_lab(palette_transferred(WARM, COOL, lightness=False).pixels)
    assert np.abs(made[..., 0] - to_lab(WARM.pixels)[..., 0]).mean() < 1
    assert np.abs(made.mean((0, 1)) - to_lab(COOL.pixels).mean((0, 1)))[1:].max() < 1.5


def test_what_is_transparent_neither_counts_nor_becomes_opaque() -> None:
    pixels = np.dstack([COOL.pixels, np.full((60, 80), 255, np.uint8)])
    pixels[:30] = (255, 0, 0, 0)
    half_cool = palette_transferred(WARM, Picture(pixels))
    seen = Picture(np.ascontiguousarray(COOL.pixels[30:]))
    assert half_cool == palette_transferred(WARM, seen)
    assert (palette_transferred(Picture(pixels), WARM).pixels[..., 3] == pixels[..., 3]).all()


def test_mistakes_are_named() -> None:
    with pytest.raises(BadInput, match=r"between 0 and 1, not 1\.5"):
        palette_transferred(WARM, COOL, amount=1.5)
    with pytest.raises(BadInput, match="wholly transparent picture has no colours"):
        palette_transferred(WARM, nothing(SIZE))
    with pytest.raises(BadInput, match="wholly transparent picture has no colours"):
        palette_transferred(nothing(SIZE), scenes.flat(SIZE))
