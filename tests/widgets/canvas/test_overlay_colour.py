"""The colour of a mask on the screen: told from the picture below, until a person chooses another."""

from __future__ import annotations

import numpy as np
import pytest

from lab.core import Picture
from lab.retouch.colours import to_lab
from widgets.canvas.mask_painter import MaskPainter
from widgets.canvas.overlay_colour import COLOURS, contrasting_colour

OPACITY = 0.55
RED_APPLE = np.full((64, 64, 3), 255, np.uint8)
RED_APPLE[16:48, 16:48] = (214, 50, 40)


def distance(pixels: np.ndarray, colour: str) -> float:
    """In CIELAB, at the worst pixel."""
    tint = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    above = np.rint((1 - OPACITY) * pixels + OPACITY * tint).astype(np.uint8)
    return float(np.linalg.norm(to_lab(above) - to_lab(pixels), axis=-1).min())


@pytest.mark.parametrize("below", [(214, 50, 40), (255, 255, 255), (0, 0, 0), (20, 160, 60), (0, 180, 210), (128,) * 3])
def test_a_mask_can_be_seen_on_any_colour(below: tuple[int, int, int]) -> None:
    pixels = np.full((8, 8, 3), below, np.uint8)
    assert distance(pixels, contrasting_colour(Picture(pixels), OPACITY)) > 20


def test_a_mask_is_red_unless_something_red_lies_below() -> None:
    assert contrasting_colour(Picture(np.full((8, 8, 3), 255, np.uint8)), OPACITY) == COLOURS[0]
    colour = contrasting_colour(Picture(RED_APPLE), OPACITY)
    assert colour != COLOURS[0]
    assert distance(RED_APPLE, colour) > 20


def test_the_painter_takes_the_colour_for_each_picture_and_leaves_a_chosen_one() -> None:
    painter = MaskPainter(Picture(RED_APPLE))
    on_red = painter.ink.overlay_colour
    assert on_red != COLOURS[0]
    painter.background = np.full((64, 64, 3), 255, np.uint8)
    assert painter.ink.overlay_colour == COLOURS[0]
    painter.undo()
    assert painter.ink.overlay_colour == on_red
    painter.ink.set_state({"overlay_colour": "#0000ff"})  # as the browser does
    painter.redo()
    assert painter.ink.overlay_colour == "#0000ff"
    painter.close()
