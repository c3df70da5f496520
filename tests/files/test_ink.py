"""Ink is what differs from the paper, whichever of both is lighter; an empty map is said beside the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lab.core import Picture, Size
from lab.preprocessors import control_map

SIDE = 256
INK = np.zeros((SIDE, SIDE), np.uint8)
cv2.circle(INK, (128, 128), 80, 255, 4, cv2.LINE_AA)
cv2.line(INK, (40, 200), (216, 180), 255, 3, cv2.LINE_AA)
SHARE = INK[..., None] / 255


def drawn(ink: tuple[int, int, int], paper: tuple[int, int, int], *, grain: float = 0.0) -> Picture:
    """The lines in this colour on this paper, whose grain is normal with so many levels."""
    colours = np.array(paper) * (1 - SHARE) + np.array(ink) * SHARE
    grains = np.random.default_rng(3).normal(0, grain, (SIDE, SIDE, 1))
    return Picture(np.rint(np.clip(colours + grains, 0, 255)).astype(np.uint8))


def on_nothing(*ink: int) -> Picture:
    return Picture(np.dstack([np.broadcast_to(np.array(ink, np.uint8), (SIDE, SIDE, 3)), INK]))


def lines(picture: Picture) -> np.ndarray:
    return control_map("lines", picture, Size(SIDE, SIDE), {}).pixels[..., 0].astype(int)


BLACK, WHITE, BOARD, KRAFT = (0, 0, 0), (255, 255, 255), (38, 66, 52), (170, 128, 90)
DRAWINGS = {
    "black on white": drawn(BLACK, WHITE),
    "white on black": drawn(WHITE, BLACK),
    "chalk on a board": drawn((225, 228, 220), BOARD, grain=4),
    "yellow chalk on a board": drawn((230, 220, 90), BOARD, grain=4),
    "blueprint": drawn((235, 240, 255), (24, 60, 140)),
    "black on kraft paper": drawn(BLACK, KRAFT, grain=2),
    "white on kraft paper": drawn(WHITE, KRAFT, grain=2),
    "black on grey": drawn(BLACK, (120, 120, 120)),
    "white on grey": drawn(WHITE, (120, 120, 120)),
    "black on transparency": on_nothing(*BLACK),
    "white on transparency": on_nothing(*WHITE),
    "pale grey on transparency": on_nothing(235, 235, 235),
    "pastel on transparency": on_nothing(255, 224, 232),
    "yellow on transparency": on_nothing(255, 255, 0),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_ink_of_any_tone_on_paper_of_any_tone_is_the_same_map(name: str) -> None:
    made, right = lines(DRAWINGS[name]), lines(DRAWINGS["black on white"])
    assert made.max() == 255
    assert np.abs(made - right).mean() < 2, "mean difference in levels"
    core = INK == 255
    assert made[core].mean() > 215
    assert made[cv2.dilate(INK, np.ones((5, 5))) == 0].mean() < 2


def test_the_negative_of_a_drawing_gives_its_map_to_the_bit() -> None:
    positive = DRAWINGS["black on white"]
    assert (lines(positive) == lines(Picture(255 - positive.pixels))).all()


def test_black_and_white_ink_on_the_same_paper_both_count() -> None:
    pixels = drawn(BLACK, KRAFT).pixels.copy()
    pixels[20:24, 30:220] = 255
    made = lines(Picture(pixels))
    assert made[21, 100] > 150
    assert made[INK == 255].mean() > 200


def test_a_black_shape_that_fills_most_of_a_white_page_is_the_ink() -> None:
    pixels = np.full((SIDE, SIDE, 3), 255, np.uint8)
    pixels[16:-16, 16:-16] = 0
    made = lines(Picture(pixels))
    assert made[128, 128] == 255
    assert made[4, 4] == 0


def test_a_vignette_on_light_paper_is_no_ink() -> None:
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    lit = drawn(BLACK, (235, 232, 225)).pixels * (1.05 - 0.06 * (x**2 + y**2))[..., None]
    made = lines(Picture(np.clip(lit, 0, 255).astype(np.uint8)))
    assert made[cv2.dilate(INK, np.ones((5, 5))) == 0].max() < 30
