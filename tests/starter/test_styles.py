"""Drawing styles and painted-on patterns do to a picture what their names say."""

import random

import cv2
import numpy as np
import pytest

from lab.starter.train import captions, marks, styles
from lab.starter.train.composites import composite


@pytest.fixture
def ball() -> np.ndarray:
    y, x = np.mgrid[:256, :256]
    reach = np.hypot(x - 128, y - 128)
    light = np.clip(1.1 - np.hypot(x - 100, y - 100) / 190, 0.2, 1)[..., None]
    rgb = (np.array((230, 60, 50)) * light).astype(np.uint8)
    rgb[118:138, 90:166] = (240, 240, 240)
    return np.dstack([rgb, (reach < 90).astype(np.uint8) * 255])


def _colours(picture: np.ndarray) -> int:
    return len(np.unique(picture.reshape(-1, 3) // 4, axis=0))


def test_a_flat_drawing_has_few_colours_within_a_dark_outline(ball):
    shaded, (flat, alpha) = ball[..., :3], styles.flat(ball[..., :3].copy(), ball[..., 3])
    inside = cv2.erode(ball[..., 3], np.ones((13, 13), np.uint8)) > 128
    assert _colours(flat[inside]) <= 3 < _colours(shaded[inside])
    edge = (cv2.erode(alpha, np.ones((3, 3), np.uint8)) > 128) & (cv2.erode(ball[..., 3], np.ones((3, 3))) < 128)
    assert np.median(flat[edge].max(1)) < 90, "no outline"


def test_a_line_drawing_is_dark_lines_on_white(ball):
    drawn, alpha = styles.line(ball[..., :3].copy(), ball[..., 3].copy())
    assert (drawn[alpha > 0] > 240).mean() > 0.7
    assert drawn[128, 36:42].min() < 90, "no outline"
    assert drawn[114:142, 128].min() < 90, "no inner line"


def test_pastel_is_lighter_and_paler(ball):
    picture = ball[..., :3].copy()
    before, after = (cv2.cvtColor(each, cv2.COLOR_RGB2HSV)[128, 60] for each in (picture, styles.pastel(picture)))
    assert after[1] < 0.6 * before[1]
    assert after[2] > before[2]


def test_white_paper_stays_white_in_every_style(ball):
    for style in styles.STYLES:
        corner = composite(ball, 256, np.random.default_rng(0), style=style).picture[:8, :8]
        assert corner.min() >= 254, f"{style}: {corner.min()}"


def test_painted_patterns_stay_on_the_object_and_their_lines_are_edges(ball):
    rgb, alpha = ball[..., :3].copy(), ball[..., 3].copy()
    seen = 0
    for seed in range(20):
        painted, lines = marks.painted(rgb, alpha, np.random.default_rng(seed))
        changed = np.abs(painted.astype(int) - rgb).max(-1) > 20
        assert not changed[alpha == 0].any()
        if lines.any():
            near = cv2.dilate(changed.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
            assert near[lines > 0].mean() > 0.8, f"seed {seed}"
            seen += 1
    assert seen > 15


def test_captions_name_the_style():
    said = {captions.styled("an apple", "flat drawing", random.Random(seed)) for seed in range(30)}
    assert said == {
        "flat drawing of an apple", "a flat drawing of an apple", "flat drawing, an apple", "an apple, flat drawing",
    }  # fmt: skip
