"""Frames on a canvas and the settings behind them, each following the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from lab import Lab, Picture
from lab.core import Size
from lab.retouch.product_placement import Placement, placed_box
from tests.widgets.controls import until_done
from tests.widgets.studio.following import let_it_follow
from widgets import Studio
from widgets.canvas.drag_box import DragBox
from widgets.studio.drag_binding import Growth

GREY = Picture(np.full((96, 128, 3), 200, np.uint8))
PRODUCT = Picture(cv2.rectangle(np.full((100, 100, 3), 250, np.uint8), (30, 20), (69, 79), (20, 40, 160), -1))
"""40 pixels wide and 60 high."""


@pytest.fixture
def outpaint(lab: Lab) -> Iterator[Studio]:
    studio = Studio(lab, "outpaint")
    studio.image = GREY
    yield studio
    studio.close()


@pytest.fixture
def shot(lab: Lab) -> Iterator[Studio]:
    studio = Studio(lab, "product_shot")
    framed = threading.Event()
    studio.canvases[1].ink.observe(lambda _: framed.set(), names="frame_picture")
    studio.image = PRODUCT
    assert framed.wait(20)
    yield studio
    studio.close()


def drag(studio: Studio, box: list[float], seq: int = 1) -> None:
    """What a browser sends while a frame is dragged."""
    studio.canvases[-1].ink.set_state({"dragged": {"box": box, "seq": seq}})


def frame(studio: Studio) -> dict:
    return studio.canvases[-1].ink.frame


def test_the_frame_of_a_growing_picture_lies_where_the_sliders_say(outpaint: Studio) -> None:
    assert frame(outpaint)["box"] == [0, 0, 256, 96]
    outpaint.panel.settings = {"left": 32, "top": 8, "right": 0, "bottom": 1}
    assert frame(outpaint)["box"] == [-32, -8, 128, 97]


def test_dragging_the_frame_moves_the_sliders_in_whole_pixels_as_one_change(outpaint: Studio) -> None:
    changes = []
    outpaint.panel.on_change(lambda: changes.append(1))
    drag(outpaint, [-40.4, -7.6, 128, 200.2], seq=7)
    settings = outpaint.panel.settings
    assert [settings[name] for name in ("left", "top", "right", "bottom")] == [40, 8, 0, 104]
    assert frame(outpaint) == {"box": [-40, -8, 128, 200], "label": "Edges of the new picture", "grows": True, "seq": 7}
    assert len(changes) == 1


def test_the_frame_never_stands_between_two_settings(outpaint: Studio) -> None:
    boxes = []
    outpaint.canvas.ink.observe(lambda change: boxes.append(change["new"]["box"]), names="frame")
    drag(outpaint, [-40, -7, 128, 200])
    assert boxes == [[-40, -7, 128, 200]]


def test_a_frame_dragged_farther_than_a_picture_can_grow_comes_back(outpaint: Studio) -> None:
    drag(outpaint, [-9000, 0, 128, 96])
    assert frame(outpaint)["box"] == [-4096, 0, 128, 96]


def test_without_a_picture_there_is_no_frame(outpaint: Studio) -> None:
    outpaint.image = None
    assert frame(outpaint) == {}


def test_the_frame_of_a_product_is_the_box_that_the_task_puts_it_into(shot: Studio) -> None:
    scene = shot.canvases[1]
    scene.background = np.full((300, 400, 3), 90, np.uint8)
    let_it_follow_the_queue(shot)
    shot.panel.settings = {"x": 0.25, "y": 0.9, "product_height": 0.5}
    product = Picture(np.dstack([PRODUCT.pixels, np.full((100, 100), 255, np.uint8)])[20:80, 30:70])
    box = placed_box(product, Size(400, 300), Placement(0.25, 0.9, 0.5))
    assert np.allclose(frame(shot)["box"], list(box), atol=4), "the cut-out is a few pixels wider than the box drawn"


def test_dragging_a_product_sets_where_it_stands_and_how_high_it_is(shot: Studio) -> None:
    shot.canvases[1].background = np.full((300, 400, 3), 90, np.uint8)
    let_it_follow_the_queue(shot)
    drag(shot, [100, 60, 200, 210], seq=3)
    settings = shot.panel.settings
    assert [settings[name] for name in ("x", "y", "product_height")] == [0.375, 0.7, 0.5]
    assert frame(shot)["seq"] == 3
    drag(shot, [-900, -900, -800, -899], seq=4)
    settings = shot.panel.settings
    assert [settings[name] for name in ("x", "y", "product_height")] == [0, 0, 0.02]


def test_a_scene_that_the_words_will_draw_has_the_shape_of_the_product_picture(shot: Studio) -> None:
    assert shot.canvases[1].sketch.size == PRODUCT.size


def test_a_product_that_cannot_be_told_from_its_background_has_no_frame(shot: Studio) -> None:
    shot.image = GREY
    let_it_follow_the_queue(shot)
    assert frame(shot) == {}


def let_it_follow_the_queue(studio: Studio) -> None:
    """Wait until the product has been cut out and everything follows."""
    until_done("cutting a product out for its frame")
    let_it_follow(studio)


def test_of_two_threads_that_move_settings_the_newer_ones_are_framed_last(
    outpaint: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = Growth.frame
    other = threading.Thread(target=lambda: setattr(outpaint.panel, "settings", {"left": 40}))

    def slowly(growth: Growth, settings: dict) -> DragBox | None:
        seen = described(growth, settings)
        if other.ident is None:
            other.start()
            other.join(0.5)  # it would be done by then, were it not to wait for this frame
        return seen

    monkeypatch.setattr(Growth, "frame", slowly)
    outpaint.panel.settings = {"left": 8}
    other.join(20)
    assert outpaint.panel.settings["left"] == 40
    assert frame(outpaint)["box"][0] == -40
