"""The promise: a picture that is too large comes in smaller, the same as made small later, without its whole array."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
from PIL import ExifTags, Image

from lab.core import Picture, Size
from lab.core.decoding.pixels import SHRINKING
from lab.core.picture import picture_within

_ROOM = 64
_KINDS = [
    ("RGB", "PNG", {}), ("L", "PNG", {}), ("RGBA", "PNG", {}), ("P", "PNG", {}), ("I;16", "PNG", {}),
    ("RGB", "JPEG", {}), ("CMYK", "TIFF", {}), ("RGB", "TIFF", {}), ("RGB", "PNG", {"transparency": (1, 2, 3)}),
]  # fmt: skip


def _encoded(image: Image.Image, kind: str, **settings: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(("mode", "kind", "settings"), _KINDS)
def test_it_is_the_picture_made_smaller(mode: str, kind: str, settings: dict[str, object], orientation: int) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (90, 150, 4), np.uint8)
    levels[..., 3] |= 192  # colours of what is all but transparent are rounded away
    image = Image.fromarray(levels).convert("I" if mode == "I;16" else mode)
    image = image.convert("I;16") if mode == "I;16" else image
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = _encoded(image, kind, exif=exif, **settings)
    whole = Picture.of(data)
    room = Size(38, 64) if orientation == 6 else Size(64, 38)
    assert whole.size.fitted_into(Size(_ROOM, _ROOM)) == room
    (found, given), wanted = picture_within(data, _ROOM), Picture(np.asarray(whole.to_pil().resize(room, SHRINKING)))
    assert found.pixels.shape == wanted.pixels.shape
    off = np.abs(found.pixels.astype(int) - wanted.pixels)
    # Turned later, rows are rounded before columns; inks mix otherwise than what is seen of them.
    assert off.max() <= (40 if mode == "CMYK" else 8 if orientation == 6 else 0), off.max()
    assert given == whole.size
    assert picture_within(data, 150) == (whole, whole.size)


def test_a_large_file_is_made_smaller_before_it_is_an_array() -> None:
    data = _encoded(Image.new("RGB", (8000, 1000)), "JPEG")
    picture_within(_encoded(Image.new("RGB", (80, 10)), "JPEG"), 40)  # what is loaded once
    tracemalloc.start()
    try:
        assert picture_within(data, 800).picture.size == Size(800, 100)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 8000 * 1000 * 3, f"{most / 1e6:.0f} MB"
