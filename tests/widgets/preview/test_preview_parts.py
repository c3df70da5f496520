"""What a control preview is made of: pictures for the page, and maps that are kept."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lab.core import Picture
from widgets.base.image_codec import png_of
from widgets.preview.map_cache import MapCache

GREY = Picture(np.full((96, 128, 3), 90, np.uint8))


@pytest.mark.parametrize("levels", [[0, 255], [0, 7, 255], [0], [255]])
def test_maps_travel_without_loss(levels):
    dice = np.random.default_rng(1)
    grey = dice.choice(np.array(levels, np.uint8), (37, 53))
    coloured = np.dstack([grey, grey[::-1], grey])
    with_holes = np.dstack([grey] * 3 + [grey[:, ::-1]])
    for pixels in (np.dstack([grey] * 3), coloured, with_holes):
        sent = png_of(Picture(pixels))
        form = "RGB" if pixels.shape[2] == 3 else "RGBA"
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(sent)).convert(form)), pixels)


def test_the_least_used_maps_are_forgotten_first():
    made = []
    maps = MapCache(limit_bytes=2 * GREY.pixels.nbytes)

    def get(key):
        return maps.get(key, lambda: made.append(key) or GREY)

    for key in ("a", "b", "a", "c", "a", "b"):
        get(key)
    assert made == ["a", "b", "c", "b"]
