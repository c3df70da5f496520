from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.core import BadInput, Box, Mask, Picture, Size


def noise(height: int = 5, width: int = 7, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)


def test_the_same_pixels_are_the_same_picture() -> None:
    assert Picture(noise()) == Picture(noise())
    assert Picture(noise()).hash == Picture.of(Picture(noise()).to_png()).hash
    assert Picture(noise(4, 6)) != Picture(noise(6, 4))


def locked(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(("kind", "shape"), [(Picture, (5, 7, 3)), (Mask, (5, 7))])
def test_neither_picture_nor_mask_follows_the_memory_that_it_was_made_of(
    kind: type[Picture | Mask], shape: tuple[int, ...], tmp_path: Path
) -> None:
    array, viewed = np.full(shape, 200, np.uint8), np.full(shape, 200, np.uint8)
    view = viewed[:]
    shared = bytearray(array.tobytes())
    mapped = np.memmap(tmp_path / "pixels", np.uint8, "w+", shape=shape)
    mapped[:] = 200
    given = {
        "an array": array,
        "a locked view": locked(array[:]),
        "a locked array with an earlier view": locked(viewed),
        "a bytearray": locked(np.frombuffer(shared, np.uint8).reshape(shape)),
        "a memory map": locked(mapped[:]),
        "a plain view of a memory map": locked(np.asarray(mapped)[:]),
    }
    made = {name: kind(one) for name, one in given.items()}
    array[:] = view[:] = mapped[:] = 0
    shared[:] = bytes(len(shared))
    for name, value in made.items():
        assert value.pixels.min() == 200, f"{kind.__name__} follows {name}"
        assert type(value.pixels) is np.ndarray
        with pytest.raises(ValueError, match="read-only"):
            value.pixels[:] = 0


def test_pixels_that_nobody_can_change_are_not_copied() -> None:
    frozen = np.asarray(Image.new("RGB", (7, 5)))
    assert np.shares_memory(Picture.of(frozen).pixels, frozen)
    assert np.shares_memory(Picture(frozen[1:]).pixels, frozen)
    grey = np.asarray(Image.new("L", (7, 5)))
    assert np.shares_memory(Mask(grey).pixels, grey)


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 4))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert Picture.of(tmp_path / "turned.jpg").size == Size(4, 8)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGBA", "CMYK", "1", "I;16"])
def test_any_kind_of_image_becomes_rgb_or_rgba(mode: str) -> None:
    picture = Picture.of(Image.new(mode, (3, 2)))
    assert picture.size == Size(3, 2)
    assert picture.has_alpha == ("A" in mode)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (b"not a picture", "cannot be read as a picture"),
        (Picture(noise()).to_png()[:60], "cannot be read as a picture"),
        (Path("nowhere.png"), "there is no picture file nowhere.png"),
        (np.zeros((2, 2, 5), np.uint8), r"shape \(2, 2, 5\)"),
        (np.zeros((0, 2, 3), np.uint8), "at least one pixel"),
        (np.full((2, 2, 3), 2.0), "between 0 and 1"),
        (np.full((2, 2, 3), np.nan), "between 0 and 1"),
        (42, "cannot make a picture of a int"),
    ],
)
def test_what_is_no_picture_is_refused(wrong: object, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        Picture.of(wrong)  # pyright: ignore[reportArgumentType]


def test_a_huge_picture_is_refused_before_it_is_decoded() -> None:
    buffer = io.BytesIO()
    Image.new("1", (9000, 9000)).save(buffer, "PNG")
    with pytest.raises(BadInput, match="9000x9000, more than 50 megapixels"):
        Picture.of(buffer.getvalue())


def test_transparency_becomes_white_paper() -> None:
    picture = Picture(np.array([[[255, 0, 0, 0], [255, 0, 0, 255], [0, 0, 0, 128]]], np.uint8)).on_white()
    assert picture.pixels.tolist() == [[[255, 255, 255], [255, 0, 0], [127, 127, 127]]]


def test_a_mask_comes_from_alpha() -> None:
    assert Mask.from_alpha(Picture(np.array([[[1, 2, 3, 7]]], np.uint8))).pixels.tolist() == [[7]]
    assert Mask.from_alpha(Picture(noise())).pixels.min() == 255


@pytest.mark.parametrize(
    ("size", "room", "fitted"),
    [((100, 50), (50, 50), (50, 25)), ((10, 1000), (50, 50), (1, 50)), ((3, 3), (9, 12), (9, 9))],
)
def test_a_size_is_fitted_into_a_room(size: tuple[int, int], room: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert Size(*size).fitted_into(Size(*room)) == fitted


def test_sizes_snap_and_boxes_clip() -> None:
    assert Size(100, 3).multiple_of(64) == (128, 64)
    assert Size(512, 256).with_pixels(256 * 256) == (362, 181)
    assert Box.around(-3.5, 1.2, 4.1, 9).clipped(Size(4, 4)) == (0, 1, 4, 4)
    assert Box(5, 0, 5, 9).is_empty


def test_sixteen_bits_of_grey_keep_their_range() -> None:
    levels = np.linspace(0, 65535, 256).round().astype(np.uint16)[None]
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "PNG")
    assert np.array_equal(Picture.of(buffer.getvalue()).pixels[0, :, 0], np.arange(256))
