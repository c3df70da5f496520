from __future__ import annotations

import numpy as np
import pytest

from lab.core import BadInput, Picture, Size, Sketch, rasterise
from lab.preprocessors import control_map

SMALL = Size(256, 256)


def mean(picture: Picture) -> float:
    return float(picture.pixels.mean())


def test_dark_lines_on_white_become_white_lines_on_black() -> None:
    drawn = rasterise(Sketch().circle(256, 256, 150, size_px=6))
    on_paper = control_map("lines", drawn.on_white(), SMALL, {})
    assert on_paper == control_map("lines", drawn, SMALL, {})
    assert on_paper.size == SMALL
    assert on_paper.pixels[0, 0].tolist() == [0, 0, 0]
    assert on_paper.pixels[128, 53].min() > 200


@pytest.mark.parametrize("colour", ["#ffff00", "#00ffff", "#ff0000", "#888888"])
def test_ink_of_any_colour_counts(colour: str) -> None:
    drawn = rasterise(Sketch().circle(256, 256, 150, size_px=6, colour=colour))
    assert control_map("lines", drawn, SMALL, {}).pixels[128, 53].min() > 200


def test_grey_paper_is_paper() -> None:
    pixels = np.full((300, 300, 3), 200, np.uint8)
    pixels[150:154, 50:250] = 40
    made = control_map("lines", Picture(pixels), Size(300, 300), {})
    assert made.pixels[10, 10, 0] == 0
    assert made.pixels[151, 100, 0] == 255


def test_a_hairline_in_a_large_scan_survives() -> None:
    pixels = np.full((4000, 4000, 3), 255, np.uint8)
    pixels[:, 2000] = 0
    assert control_map("lines", Picture(pixels), SMALL, {}).pixels[:, :, 0].max() == 255


def test_empty_paper_stays_empty() -> None:
    assert mean(control_map("lines", rasterise(Sketch()), SMALL, {})) == 0
    faint = np.full((64, 64, 3), 253, np.uint8)
    faint[3] = 252
    assert mean(control_map("lines", Picture(faint), SMALL, {})) == 0


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("lines", {"threshold": 2}, "threshold must be between 0 and 0.95, not 2"),
        ("lines", {"blur": 2}, "'lines' has no setting 'blur': it has threshold"),
        ("edges", {}, "there is no preprocessor 'edges': use one of .*lines.* more"),
    ],
)
def test_wrong_settings_are_refused(name: str, settings: dict[str, float], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        control_map(name, rasterise(Sketch()), SMALL, settings)
