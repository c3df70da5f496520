from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lab.core import BadInput, Box, Mask, Size
from lab.retouch import masks
from lab.retouch.morphology.discs import _strides

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40))
EIGHT_BIT = arrays.arrays(np.uint8, SHAPES).map(Mask)
FLOAT = arrays.arrays(np.float32, SHAPES, elements=st.floats(0, 1, width=32))
ANY = st.one_of(EIGHT_BIT, FLOAT)
PX = st.integers(0, 24)
"""A busy machine is no mistake."""


def levels(mask: Mask | np.ndarray) -> np.ndarray:
    """The mask as numbers that can be subtracted."""
    return mask.pixels.astype(int) if isinstance(mask, Mask) else mask


def painted(*rows: str) -> Mask:
    """A mask from text: # is masked, + half, everything else is not."""
    return Mask(np.array([[{"#": 255, "+": 128}.get(mark, 0) for mark in row] for row in rows], np.uint8))


@given(ANY)
def test_inverting_twice_gives_the_mask_back(mask: Mask | np.ndarray) -> None:
    twice = masks.inverted(masks.inverted(mask))
    # 1 - (1 - x) of a float is x but for the last bit.
    assert np.abs(levels(twice) - levels(mask)).max() <= (0 if isinstance(mask, Mask) else 6e-8)


@given(ANY, PX)
def test_growing_then_shrinking_contains_the_mask(mask: Mask | np.ndarray, px: int) -> None:
    assert (levels(masks.shrink(masks.grow(mask, px), px)) >= levels(mask)).all()


@given(ANY, PX)
def test_shrinking_then_growing_lies_inside_the_mask(mask: Mask | np.ndarray, px: int) -> None:
    assert (levels(masks.grow(masks.shrink(mask, px), px)) <= levels(mask)).all()


@given(ANY, PX)
def test_feathering_makes_no_pixel_less_opaque(mask: Mask | np.ndarray, px: int) -> None:
    soft = masks.feather(mask, px)
    assert type(soft) is type(mask)
    assert (levels(soft) >= levels(mask)).all()


@given(ANY)
def test_grow_shrink_and_feather_by_nothing_change_nothing(mask: Mask | np.ndarray) -> None:
    for change in (masks.grow, masks.shrink, masks.feather):
        assert (levels(change(mask, 0)) == levels(mask)).all()


@given(SHAPES.flatmap(lambda shape: st.tuples(arrays.arrays(np.uint8, shape), arrays.arrays(np.uint8, shape))))
def test_the_difference_is_what_the_union_adds(pair: tuple[np.ndarray, np.ndarray]) -> None:
    one, other = (masks.thresholded(Mask(pixels)) for pixels in pair)
    both = masks.union(one, other)
    assert (masks.union(masks.difference(both, one), one).pixels == both.pixels).all()
    assert not masks.intersection(masks.difference(both, one), one).pixels.any()


def point(size: int, level: int = 255) -> np.ndarray:
    """One masked pixel in the middle."""
    pixels = np.zeros((size, size), np.uint8)
    pixels[size // 2, size // 2] = level
    return pixels


@pytest.mark.parametrize("px", [1, 2, 5, 8, 9, 20, 37, 128])
def test_a_point_grows_into_exactly_the_disc_of_that_radius(px: int) -> None:
    grown = masks.grow(Mask(point(2 * px + 21)), px).pixels > 0
    rows, columns = np.indices(grown.shape) - (px + 10)
    assert (grown == (rows**2 + columns**2 <= px**2)).all()


@pytest.mark.parametrize("px", [*range(1, 20), 29, 32, 40, 56, 107, 149, 200])
def test_a_grey_point_grows_into_a_disc_but_for_a_few_pixels(px: int) -> None:
    size = 2 * px + 21
    grown = masks.grow(Mask(point(size, level=128)), px)
    assert set(np.unique(grown.pixels)) == {0, 128}
    assert masks.mask_bounds(grown) == Box(10, 10, 11 + 2 * px, 11 + 2 * px)
    distance = np.hypot(*(np.indices((size, size)) - (px + 10)))
    off = distance[(grown.pixels > 0) != (distance <= px)]
    assert np.abs(off - px).max(initial=0) <= 2.5


@pytest.mark.parametrize("px", [9, 30, 90])
def test_the_far_edge_of_a_mask_is_where_its_discs_end(px: int) -> None:
    """Each grown pixel has a masked one within reach, and the other way round; at the border too."""
    dice = np.random.default_rng(px)
    hard = np.where(dice.random((120, 90)) > 0.999, 255, 0).astype(np.uint8)
    there = np.argwhere(hard)
    squares = ((np.indices(hard.shape)[..., None] - there.T[:, None, None]) ** 2).sum(axis=0).min(axis=-1)
    assert ((masks.grow(Mask(hard), px).pixels > 0) == (squares <= px**2)).all()
    assert ((masks.shrink(Mask(255 - hard), px).pixels > 0) == (squares > px**2)).all()


def test_a_soft_edge_grows_as_far_as_a_hard_one() -> None:
    hard = np.zeros((200, 200), np.uint8)
    hard[80:120, 70:130] = 255
    soft = hard.copy()
    soft[79, 70:130] = 100
    grown, softly = (masks.grow(Mask(pixels), 60).pixels for pixels in (hard, soft))
    assert (softly[20:180, 70:130] == 255).all()
    assert (softly[19, 70:130] == 100).all()
    assert set(np.unique(softly)) == {0, 100, 255}
    assert ((softly > 0) != (grown > 0)).mean() < 0.02


def test_the_farthest_reach_takes_a_few_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was 128 dilations, 25 seconds of a mask of 4096 x 4096 on a busy laptop."""
    calls: list[str] = []
    for name in ("dilate", "erode", "distanceTransform"):
        real = getattr(cv2, name)
        monkeypatch.setattr(cv2, name, lambda *given, _real=real, _name=name: (calls.append(_name), _real(*given))[1])
    masks.grow(Mask(point(64)), masks.MAX_REACH_PX)
    masks.shrink(Mask(np.full((64, 64), 200, np.uint8)), masks.MAX_REACH_PX)
    assert calls == ["distanceTransform", "erode"]
    assert len(list(_strides(masks.MAX_REACH_PX))) < 100, "the polygon of a grey mask is gone through so often"


def test_a_feather_falls_steadily_to_nothing() -> None:
    half = np.zeros((9, 80), np.float32)
    half[:, :30] = 1
    edge = masks.feather(half, 16)[4]
    assert (np.diff(edge) <= 0).all()
    assert edge[29] == 1
    assert 0.3 < edge[37] < 0.7
    assert edge[46:].max() == 0
    assert np.abs(np.diff(edge)).max() < 0.15


def test_grey_stays_grey_when_it_grows() -> None:
    assert set(np.unique(masks.grow(painted("....+....", "........."), 2).pixels)) == {0, 128}


def test_a_mask_at_the_border_does_not_shrink_from_the_border() -> None:
    assert (masks.shrink(painted("####....", "####....", "####...."), 2).pixels[:, :2] == 255).all()


def test_holes_are_filled_and_bays_are_not() -> None:
    ring = painted("######", "#....#", "#.##.#", "######", "......")
    assert (masks.holes_filled(ring).pixels[:4] == 255).all()
    assert not masks.holes_filled(ring).pixels[4].any()
    bay = painted("#.#", "#.#", "###")
    assert (masks.holes_filled(bay).pixels == bay.pixels).all()


def test_a_hole_in_a_grey_ring_is_filled_up_to_its_weakest_spot() -> None:
    ring = painted("#####", "#...#", "+...#", "#####")
    assert (masks.holes_filled(ring).pixels[1:3, 1:4] == 128).all()


def test_a_mask_of_another_size() -> None:
    mask = painted("####....", "####....")
    assert masks.mask_resized(mask, Size(4, 1)).pixels.tolist() == [[255, 255, 0, 0]]
    assert masks.mask_resized(mask, Size(16, 4)).size == Size(16, 4)
    assert masks.mask_resized(mask, mask.size) is mask


def test_the_bounds_hold_every_island() -> None:
    assert masks.mask_bounds(painted(".....", ".+...", "...#.")) == Box(1, 1, 4, 3)
    assert masks.mask_bounds(painted("...")).is_empty


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: masks.grow(painted("#"), -1), "0 to 1024 pixels, not -1"),
        (lambda: masks.feather(painted("#"), 2000), "not 2000"),
        (lambda: masks.thresholded(painted("#"), 0), "above 0 and at most 1, not 0"),
        (lambda: masks.union(painted("##"), painted("#")), "2x1 and 1x1 cannot be combined"),
        (lambda: masks.grow(np.full((2, 2), 1.5), 1), "between 0 and 1"),
        (lambda: masks.grow(np.full((2, 2), np.nan), 1), "between 0 and 1"),
        (lambda: masks.grow(np.zeros((2, 2), np.int32), 1), "array is int32"),
        (lambda: masks.check_same_size(painted("#"), Size(2, 2)), "the mask is 1x1 and the picture is 2x2"),
    ],
)
def test_mistakes_are_named(wrong, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        wrong()
