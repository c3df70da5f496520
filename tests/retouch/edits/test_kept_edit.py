"""Change only that, planted: photographs, edited, moved, zoomed, recoloured and noisy, are brought back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from bench._planted_edits import marks, off_px, planted, scaled_photograph, unedited
from lab.core import BadInput, Mask, Picture
from lab.retouch.edits import kept_edit, registered
from tests.files.photographs import PHOTOGRAPHS


def test_only_the_edit_is_taken_over() -> None:
    off, alike, beside = [], [], []
    for number in range(4):
        one = planted(number, 384)
        off.append(off_px(registered(one.original, one.edited).map, one))
        kept = kept_edit(one.original, one.edited)
        marked, old = kept.changed.pixels > 0, one.original.pixels
        for figures, figure in zip((alike, beside), marks(marked, one), strict=True):
            figures.append(figure)
        away = cv2.dilate(kept.changed.pixels, np.ones((19, 19), np.uint8)) == 0
        assert np.array_equal(kept.picture.pixels[away], old[away]), f"edit {number}: it changed elsewhere"
        assert not np.array_equal(kept.picture.pixels[marked], old[marked])
    said = f"px off {np.round(off, 2)}; IoU {np.round(alike, 2)}; of the rest marked {np.round(beside, 4)}"
    assert max(off) <= 0.25, said
    assert np.median(alike) >= 0.95, said
    assert min(alike) >= 0.8, said
    assert max(beside) <= 0.02, said


@pytest.mark.parametrize("name", ["astronaut", "coffee"])
def test_where_nothing_changed_the_original_comes_back(name: str) -> None:
    old, drifted = unedited(name, 384)
    kept = kept_edit(old, drifted)
    assert kept.picture == old
    assert not kept.changed.pixels.any()


def test_another_picture_is_refused() -> None:
    for number, name in enumerate(PHOTOGRAPHS[:3]):
        old = scaled_photograph(name, 384)
        for other in (scaled_photograph(PHOTOGRAPHS[number - 1], 384), old[::-1, ::-1]):
            with pytest.raises(BadInput, match="too little of the picture is found again"):
                kept_edit(Picture(old), Picture(np.ascontiguousarray(other)))


def test_a_painted_mask_says_where() -> None:
    old, new, _, _ = planted(3, 384)
    pixels = np.zeros(old.pixels.shape[:2], np.uint8)
    pixels[40:80, 40:120] = 255
    kept = kept_edit(old, new, Mask(pixels))
    differs = (kept.picture.pixels != old.pixels).any(axis=-1)
    assert differs[40:80, 40:120].any()
    assert not differs[cv2.dilate(pixels, np.ones((9, 9), np.uint8)) == 0].any()


def test_a_drawing_without_features_is_brought_back_by_its_edges() -> None:
    paper = np.full((256, 320, 3), 255, np.uint8)
    cv2.circle(paper, (150, 120), 70, (40, 40, 40), 3)
    lies = np.array([[1.0, 0, 3.0], [0, 1.0, -2.0]])
    moved = cv2.warpAffine(paper, lies, (320, 256), borderValue=(255, 255, 255))
    found = registered(Picture(paper), Picture(moved))
    assert np.abs(found.map @ [150, 120, 1] - lies @ [150, 120, 1]).max() < 0.5
