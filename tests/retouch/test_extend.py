from __future__ import annotations

import numpy as np
import pytest

from lab.core import BadInput, Box, Picture, Size
from lab.retouch.colours import to_lab
from lab.retouch.extend import STARTS, Sides, extended, extension_steps
from tests.retouch import scenes

SIZE = Size(60, 40)
SIDES = Sides(left=10, top=0, right=33, bottom=7)


@pytest.mark.parametrize("fill", STARTS)
def test_the_old_picture_lies_untouched_in_the_new_one(fill: str) -> None:
    picture = scenes.noise(SIZE)
    new = extended(picture, SIDES, fill=fill)
    assert new.picture.size == new.mask.size == Size(103, 47)
    assert new.box == Box(10, 0, 70, 40)
    assert (new.picture.pixels[0:40, 10:70] == picture.pixels).all()


def test_the_mask_covers_all_that_is_new_and_fades_over_the_overlap() -> None:
    mask = extended(scenes.noise(SIZE), SIDES, overlap=8).mask.pixels
    outside = np.ones((47, 103), bool)
    outside[0:40, 10:70] = False
    assert (mask[outside] == 255).all()
    assert (np.diff(mask[10, 10:18].astype(int)) < 0).all()
    assert mask[10, 10] < 255
    assert mask[10, 17] > 0
    assert not mask[0:32, 18:62].any()
    assert not mask[0, 18:62].any(), "nothing is added at the top, so nothing is redrawn there"


def test_without_overlap_every_old_pixel_is_kept() -> None:
    mask = extended(scenes.noise(SIZE), SIDES, overlap=0).mask.pixels
    assert not mask[0:40, 10:70].any()


@pytest.mark.parametrize("fill", STARTS)
def test_the_first_filling_joins_without_a_step(fill: str) -> None:
    new = extended(scenes.gradient(Size(160, 120)), Sides(200, 50, 0, 300), fill=fill)
    lab = to_lab(new.picture.pixels)
    across = np.linalg.norm(lab[new.box.top : new.box.bottom, 199] - lab[new.box.top : new.box.bottom, 200], axis=-1)
    assert across.max() < 2.5
    assert np.linalg.norm(np.diff(lab, axis=0), axis=-1).max() < 6


def test_transparent_pictures_are_put_on_white() -> None:
    new = extended(Picture(np.zeros((40, 60, 4), np.uint8)), SIDES)
    assert (new.picture.pixels == 255).all()


def test_a_small_extension_is_one_step() -> None:
    assert extension_steps(Size(400, 400), Sides(60, 0, 60, 0), Size(512, 512)) == (Sides(60, 0, 60, 0),)


@pytest.mark.parametrize(
    ("size", "sides"), [((512, 512), (700, 0, 300, 10)), ((64, 64), (0, 512, 0, 0)), ((1024, 300), (0, 0, 0, 2000))]
)
def test_large_extensions_take_steps_that_a_model_can_see_beyond(size: tuple, sides: tuple) -> None:
    native = Size(512, 512)
    now = Size(*size)
    steps = extension_steps(now, Sides(*sides), native)
    assert Sides(*(sum(step[side] for step in steps) for side in range(4))) == sides
    for step in steps:
        assert max(step) <= 256
        assert max(step.left, step.right) <= now.width
        assert max(step.top, step.bottom) <= now.height
        now = step.around(now)


@pytest.mark.parametrize(
    ("sides", "settings", "sentence"),
    [
        (Sides(), {}, r"by at least one pixel on some side.*not by \(0, 0, 0, 0\)"),
        (Sides(left=-1, top=5), {}, "none is cut off"),
        (Sides(left=5), {"fill": "magic"}, "no filling 'magic' for a new part: use one of edge, mirror"),
        (Sides(left=5), {"overlap": 21}, "between 0 and 20, not 21"),
        (Sides(left=10_000_000), {}, "the canvas would be 10000060x40, more than 50 megapixels"),
    ],
)
def test_mistakes_are_named(sides: Sides, settings: dict, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        extended(scenes.noise(SIZE), sides, **settings)
