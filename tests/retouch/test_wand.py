from __future__ import annotations

import numpy as np
import pytest

from lab.core import BadInput, Box, Picture, Size
from lab.retouch.wand import box_mask, grabbed, wand
from tests.retouch import scenes
from tests.retouch.subjects import blob, photographed

SIZE = Size(120, 90)


def two_squares() -> Picture:
    pixels = scenes.flat(SIZE, (240, 240, 240)).pixels.copy()
    pixels[10:40, 10:40] = (200, 30, 30)
    pixels[50:80, 70:100] = (200, 34, 30)
    return Picture(pixels)


def test_a_click_takes_what_hangs_together() -> None:
    found = wand(two_squares(), 20, 20).pixels
    assert (found[10:40, 10:40] == 255).all()
    assert found.astype(bool).sum() == 900


def test_a_click_can_take_a_colour_everywhere() -> None:
    assert wand(two_squares(), 20, 20, connected=False).pixels.astype(bool).sum() == 1800
    assert wand(two_squares(), 20, 20, connected=False, tolerance=0.5).pixels.astype(bool).sum() == 900


def test_tolerance_is_counted_in_cielab() -> None:
    grey = Picture(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(4, axis=0))
    few, many, all_of_them = (wand(grey, 128, 1, tolerance=t).pixels[0].astype(bool).sum() for t in (2, 20, 100))
    assert 9 <= few <= 13
    assert 85 <= many <= 115
    assert all_of_them == 256


def test_a_box_is_clipped_to_the_picture() -> None:
    assert box_mask(SIZE, Box(100, -5, 500, 10)).pixels.astype(bool).sum() == 200


@pytest.mark.parametrize("size", [Size(320, 240), Size(1200, 900)], ids=str)
def test_a_box_finds_what_stands_out_in_it(size: Size) -> None:
    picture = photographed(size, (235, 230, 220), subject=(180, 60, 40), shadow=0)
    truth = blob(size)
    around = Box(size.width // 16, size.height // 16, size.width - 20, size.height - 20)
    found = grabbed(picture, around).pixels / 255
    assert np.abs(found - truth).mean() / truth.mean() < 0.1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: wand(two_squares(), 120, 0), "the click at 120, 0 lies outside the picture of 120x90"),
        (lambda: wand(two_squares(), 0, 0, tolerance=-1), "0 or more, not -1"),
        (lambda: grabbed(two_squares(), Box(0, 0, 120, 90)), "leaves some background"),
        (lambda: grabbed(two_squares(), Box(30, 30, 30, 40)), "leaves some background"),
        (lambda: grabbed(scenes.flat(SIZE), Box(10, 10, 60, 60)), "nothing in this box stands out"),
    ],
)
def test_mistakes_are_named(wrong, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        wrong()
