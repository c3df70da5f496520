from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from lab.core import BadInput, OutOfMemory, Picture, Size
from lab.retouch.tiles import spans, tiled
from tests.retouch import scenes


def enlarged_and_sharpened(scale: int, reach: int):
    """A network in small: every pixel of the result depends on what lies within `reach` pixels, and on no more."""

    def work(tile: Picture) -> Picture:
        pixels = tile.pixels.astype(np.float32)
        soft = cv2.blur(pixels, (2 * reach + 1, 2 * reach + 1), borderType=cv2.BORDER_REPLICATE)
        sharp = np.clip(1.6 * pixels - 0.6 * soft, 0, 255)
        return Picture(np.rint(sharp).astype(np.uint8).repeat(scale, axis=0).repeat(scale, axis=1))

    return work


@pytest.mark.parametrize("size", [Size(64, 64), Size(65, 129), Size(200, 90), Size(301, 257), Size(7, 400)], ids=str)
@pytest.mark.parametrize("scale", [1, 4])
def test_a_local_function_gives_the_same_as_without_tiles(size: Size, scale: int) -> None:
    picture = scenes.noise(size)
    work = enlarged_and_sharpened(scale, reach=4)
    result = tiled(picture, work, tile=64, overlap=16, scale=scale)
    assert np.abs(result.pixels.astype(int) - work(picture).pixels).max() <= 1


def test_a_tile_that_differs_from_its_neighbour_leaves_no_seam() -> None:
    """Each tile comes back a little lighter or darker, as networks with a wide view give it."""
    tints = iter(np.random.default_rng(0).integers(-12, 13, 100))

    def work(tile: Picture) -> Picture:
        return Picture((tile.pixels.astype(int) + next(tints)).astype(np.uint8))

    size = Size(400, 300)
    result = tiled(scenes.gradient(size), work, tile=128, overlap=64)
    before = scenes.gradient(size).pixels.astype(int)
    change = result.pixels.astype(int) - before
    assert np.ptp(change) > 8, "the tiles must differ, or there is nothing to blend"
    for axis in (0, 1):
        assert np.abs(np.diff(change, axis=axis)).max() <= 2


@pytest.mark.parametrize("overlap", [0, 1, 8, 31, 32])
def test_tiles_cover_an_axis_and_no_three_of_them_mix(overlap: int) -> None:
    for length in (*range(1, 110), 128, 129, 191, 500):
        found = spans(length, 64, overlap)
        assert found[0].appears == 0, length
        assert found[-1].gone == length
        for one, other in itertools.pairwise(found):
            assert one.end - one.start == 64, length
            assert one.end - other.start >= overlap, length
            assert (one.fades, one.gone) == (other.appears, other.full), length
            assert other.appears - other.start >= (one.end - other.start) // 4, length
        for span in found:
            assert span.start <= span.appears <= span.full <= span.fades <= span.gone <= span.end, length


def test_tiles_that_overlap_by_half_add_nothing() -> None:
    plain = Picture(np.full((100, 101, 3), 200, np.uint8))
    assert tiled(plain, lambda tile: tile, tile=64, overlap=32) == plain


def test_tiles_are_halved_when_the_device_is_full() -> None:
    seen = []

    def work(tile: Picture) -> Picture:
        seen.append(max(tile.size))
        if tile.size.pixels > 100 * 100:
            msg = "the device is full"
            raise OutOfMemory(msg)
        return tile

    picture = scenes.noise(Size(300, 200))
    assert tiled(picture, work, tile=1024, overlap=64) == picture
    assert sorted(set(seen), reverse=True) == [300, 150, 75]


def test_a_device_that_is_full_even_then_is_reported() -> None:
    def work(tile: Picture) -> Picture:
        msg = f"{tile.size} is too much"
        raise OutOfMemory(msg)

    with pytest.raises(OutOfMemory, match="is too much"):
        tiled(scenes.noise(Size(300, 200)), work)


def test_mistakes_are_named() -> None:
    picture = scenes.noise(Size(300, 200))
    with pytest.raises(BadInput, match="tiles of 64 pixels cannot overlap by 40"):
        tiled(picture, lambda tile: tile, tile=64, overlap=40)
    with pytest.raises(BadInput, match="a tile of 256x200 should have become 512x400, and became 256x200"):
        tiled(picture, lambda tile: tile, tile=256, scale=2)
    with pytest.raises(BadInput, match="made 100 times larger is 30000x20000"):
        tiled(picture, lambda tile: tile, scale=100)
