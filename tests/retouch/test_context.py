from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core import BadInput, Box, Mask, Size
from lab.retouch.context import context_box
from tests.retouch.scenes import mask_with

NATIVE = Size(512, 512)


@pytest.mark.parametrize(
    ("size", "painted", "expected"),
    [
        pytest.param((1000, 800), [(500, 400, 520, 420)], (254, 154, 766, 666), id="small: native size around it"),
        pytest.param((1000, 800), [(0, 0, 9, 9)], (0, 0, 512, 512), id="in a corner: shifted, not cut"),
        pytest.param((1001, 801), [(995, 797, 1001, 801)], (489, 289, 1001, 801), id="odd size, other corner"),
        pytest.param((1001, 333), [(500, 100, 510, 110)], (249, 0, 761, 328), id="low picture: a multiple that fits"),
        pytest.param((333, 333), [(0, 0, 333, 333)], (0, 0, 333, 333), id="whole odd picture"),
        pytest.param((1024, 1024), [(0, 0, 1024, 1024)], (0, 0, 1024, 1024), id="whole picture"),
        pytest.param((5, 3), [(1, 1, 2, 2)], (0, 0, 5, 3), id="smaller than a multiple"),
        pytest.param((1500, 1500), [(100, 100, 110, 110), (900, 500, 910, 510)], (0, 0, 1424, 1024), id="islands"),
    ],
)
def test_the_box(size: tuple[int, int], painted: list[tuple[int, ...]], expected: tuple[int, ...]) -> None:
    mask = mask_with(Size(*size), *(Box(*box) for box in painted))
    assert context_box(mask, mask.size, native=NATIVE) == expected


@st.composite
def painted_boxes(draw: st.DrawFn) -> tuple[Size, Box]:
    """A picture's size, and a box that lies in it."""
    size = Size(draw(st.integers(9, 700)), draw(st.integers(9, 700)))
    left, top = (draw(st.integers(0, side - 1)) for side in size)
    return size, Box(left, top, draw(st.integers(left + 1, size.width)), draw(st.integers(top + 1, size.height)))


@given(
    masked=painted_boxes(),
    padding=st.integers(0, 79),
    multiple=st.sampled_from([8, 16, 64]),
    native=st.builds(Size, st.sampled_from([64, 256, 512]), st.sampled_from([64, 256, 512])),
)
def test_the_box_holds_the_mask_lies_in_the_picture_and_snaps(
    masked: tuple[Size, Box], padding: int, multiple: int, native: Size
) -> None:
    size, painted = masked
    box = context_box(mask_with(size, painted), size, padding=padding, multiple=multiple, native=native)
    assert box == box.clipped(size)
    assert (box.left <= painted.left) & (box.top <= painted.top)
    assert (box.right >= painted.right) & (box.bottom >= painted.bottom)
    for side, whole, part in zip(box.size, size, painted.size, strict=True):
        assert side % multiple == 0 or (side == whole and part > whole // multiple * multiple) or whole < multiple


def test_padding_is_kept_on_all_sides_where_there_is_room() -> None:
    mask = mask_with(Size(900, 900), Box(400, 400, 500, 480))
    box = context_box(mask, mask.size, padding=70, native=Size(64, 64))
    assert box.left <= 330
    assert box.top <= 330
    assert box.right >= 570
    assert box.bottom >= 550


def test_a_long_thin_mask_gets_context_beside_it() -> None:
    mask = mask_with(Size(2000, 2000), Box(100, 900, 1900, 910))
    box = context_box(mask, mask.size, native=Size(64, 64))
    assert box.size.height >= box.size.width / 2 - 8


def test_a_hole_in_the_mask_changes_nothing() -> None:
    ring = mask_with(Size(300, 300), Box(100, 100, 200, 200)).pixels.copy()
    solid = Mask(ring)
    ring[120:180, 120:180] = 0
    native = Size(64, 64)
    assert context_box(Mask(ring), solid.size, native=native) == context_box(solid, solid.size, native=native)


def test_an_empty_mask_and_wrong_numbers_are_refused() -> None:
    mask = mask_with(Size(20, 20))
    with pytest.raises(BadInput, match="the mask is empty: paint over"):
        context_box(mask, mask.size, native=NATIVE)
    with pytest.raises(BadInput, match="the mask is 20x20 and the picture is 21x20"):
        context_box(mask, Size(21, 20), native=NATIVE)
    with pytest.raises(BadInput, match="not -1 and 8"):
        context_box(mask, mask.size, padding=-1, native=NATIVE)
