"""How true a picture is to another one, counted."""

from __future__ import annotations

import numpy as np
import pytest

from lab.core import BadInput, Mask, Picture, Size
from lab.retouch.fidelity import Stays, fidelity
from tests.retouch import scenes

SIZE = Size(120, 90)
OUTSIDE = Mask(np.where(np.pad(np.ones((40, 40), bool), ((25, 25), (40, 40))), 0, 255).astype(np.uint8))


def changed(picture: Picture, where: np.ndarray, by: int) -> Picture:
    other = np.clip(picture.pixels.astype(int) + by, 0, 255).astype(np.uint8)
    return Picture(np.where(where[..., None], other, picture.pixels))


def test_changed_pixels_and_by_how_much_are_counted_where_nothing_may_change() -> None:
    before = scenes.gradient(SIZE)
    stays = Stays(before, OUTSIDE, "the wall")
    inside = OUTSIDE.pixels == 0
    assert fidelity(changed(before, inside, 40), stays).changed == 0
    speck = np.zeros_like(inside)
    speck[3, 3:5] = True
    found = fidelity(changed(before, speck | inside, -7), stays)
    assert (found.changed, found.largest, found.pixels) == (2, 7, SIZE.pixels - 1600)
    assert str(found).startswith("2 of 9,200 pixels of the wall changed, by up to 7 of 255 levels; colour step")


@pytest.mark.parametrize("background", [scenes.flat, scenes.gradient, scenes.noise])
def test_the_seam_is_the_step_that_was_not_there_before(background) -> None:
    before = background(SIZE)
    steps = [
        fidelity(changed(before, OUTSIDE.pixels == 0, by), Stays(before, OUTSIDE, "all")).seam for by in (0, 15, 40)
    ]
    assert steps[0] < 1.0
    if background is not scenes.noise:
        assert 3 < steps[1] < steps[2]


def test_where_nothing_joins_there_is_no_seam() -> None:
    before = scenes.flat(SIZE)
    assert fidelity(before, Stays(before, OUTSIDE, "the product", joins=False)).seam is None
    assert fidelity(before, Stays(before, Mask(np.full((90, 120), 255, np.uint8)), "all")).seam is None
    with pytest.raises(BadInput):
        fidelity(scenes.flat(Size(8, 8)), Stays(before, OUTSIDE, "all"))
