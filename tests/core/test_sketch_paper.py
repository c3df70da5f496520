"""A sketch on paper of another shape: nothing is cropped, and everything keeps its place from the middle."""

from __future__ import annotations

import numpy as np
import pytest

from lab.core.geometry import Size
from lab.core.picture import Mask
from lab.core.raster import rasterise
from lab.core.sketch import Sketch
from lab.core.stroke import Stroke

CIRCLE = Sketch().circle(256, 256, 120)


def ink(sketch: Sketch) -> np.ndarray:
    """Rows and columns of what is inked, from the middle of the paper."""
    alpha = rasterise(sketch, sketch.size).pixels[..., 3]
    middle = np.array(alpha.shape) / 2
    return np.argwhere(alpha > 127) - middle


@pytest.mark.parametrize("shape", [Size(4, 5), Size(16, 9), Size(9, 16)])
def test_strokes_keep_their_place_and_none_is_cropped(shape: Size) -> None:
    other = CIRCLE.on_paper_of(shape)
    assert other.size.width / other.size.height == pytest.approx(shape.width / shape.height, rel=0.01)
    assert other.size.pixels == pytest.approx(CIRCLE.size.pixels, rel=0.01)
    assert len(ink(other)) == pytest.approx(len(ink(CIRCLE)), rel=0.02)
    assert np.abs(np.sort(ink(other), axis=0)[[0, -1]] - np.sort(ink(CIRCLE), axis=0)[[0, -1]]).max() <= 1
    assert other.on_paper_of(Size(1, 1)).size == CIRCLE.size


def test_paper_grows_where_a_stroke_would_not_fit() -> None:
    wide = Sketch().line([(10, 10), (500, 500)])
    tall = wide.on_paper_of(Size(1, 2))
    assert tall.size.width >= 490
    assert len(ink(tall)) == pytest.approx(len(ink(wide)), rel=0.02)


def test_a_bitmap_keeps_every_pixel() -> None:
    pixels = np.zeros((256, 256), np.uint8)
    pixels[:40, 200:] = 255
    sketch = Sketch(strokes=(Stroke.of_mask(Mask(pixels)),))
    other = sketch.on_paper_of(Size(16, 9))
    assert len(ink(other)) == pytest.approx(len(ink(sketch)), rel=0.03)


def test_paper_that_has_the_shape_stays_the_very_same() -> None:
    assert CIRCLE.on_paper_of(Size(1024, 1024)) is CIRCLE
