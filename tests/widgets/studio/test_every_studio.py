"""One Studio serves every task, by what the task declares."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from lab import Lab, Mask, Picture, Stroke
from lab.preprocessors import PREPROCESSORS
from lab.tasks import TASKS
from tests.widgets.studio.following import let_it_follow, nothing_is_left_open, until
from widgets import ControlPreview, Studio


@pytest.mark.parametrize("task", list(TASKS))
def test_every_task_has_a_bench_that_says_what_it_lacks_and_leaves_nothing_behind(lab: Lab, task: str) -> None:
    with nothing_is_left_open():
        studio = Studio(lab, task)
        missing_input = next((one.missing_input for one in studio.sources if one.missing_input), "")
        studio.draw_button.click()
        let_it_follow(studio)
        assert missing_input in studio.bar.error
        assert bool(missing_input) is bool(studio.sources)
        studio.close()


def test_what_comes_to_a_studio_that_was_closed_meanwhile_leaves_nothing_behind(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = Picture(np.full((96, 128, 3), 200, np.uint8))
    with nothing_is_left_open():
        studio = Studio(lab, "inpaint")
        studio.live_button.value = False
        studio.image = picture
        studio.canvas.mask = Mask(np.full((96, 128), 255, np.uint8))
        studio.view.show(lab.submit(studio.request()).wait(20))
        studio.outcome_button.value = True
        let_it_follow(studio)
        asking, go_on, request = threading.Event(), threading.Event(), lab.request
        monkeypatch.setattr(lab, "request", lambda *a, **b: asking.set() or (go_on.wait(20) and request(*a, **b)))
        studio.panel.settings = {"prompt": "late"}
        assert asking.wait(20)
        studio.close()
        go_on.set()
        let_it_follow(studio)
        studio.canvas.layers["late"] = picture
        studio.notices.say("The kernel is late.", {"Go on": studio.close})
        studio.send_to("outpaint")
    assert "late" not in studio.canvas.layers
    assert studio.notices.sentences == []


@pytest.mark.parametrize("task", [name for name, task in TASKS.items() if "image" in task.needs and not task.edits])
def test_a_picture_on_the_canvas_is_the_one_that_the_task_gets(lab: Lab, task: str) -> None:
    studio = Studio(lab, task)
    picture = Picture(np.full((96, 128, 3), (200, 40, 40), np.uint8))
    studio.image = picture
    if "mask" in TASKS[task].needs:
        assert "paint over" in studio.sources[0].missing_input
        studio.canvas.mask = Mask(np.full((96, 128), 255, np.uint8))
    asked = studio.request()
    assert asked.pictures[asked.recipe.image] == picture
    result = lab.submit(asked).wait(20)
    studio.view.show(result)
    studio.go_on_with_result()
    assert studio.image == result.picture
    studio.close()


def test_a_mask_that_a_task_can_do_without_is_left_out_while_nothing_is_painted(lab: Lab) -> None:
    studio = Studio(lab, "remove_background")
    studio.image = Picture(np.full((96, 128, 3), 200, np.uint8))
    assert studio.sources[0].missing_input == ""
    assert studio.request().recipe.mask is None
    trimap = Mask(np.full((96, 128), 128, np.uint8))
    studio.canvas.mask = trimap
    asked = studio.request()
    assert Mask.of(asked.pictures[asked.recipe.mask]) == trimap
    studio.close()


def test_the_outcome_of_a_mask_is_shown_on_the_picture_as_long_as_that_is_wanted(lab: Lab) -> None:
    studio = Studio(lab, "inpaint")
    studio.image = Picture(np.full((96, 128, 3), 200, np.uint8))
    pixels = np.zeros((96, 128), np.uint8)
    pixels[40:60, 40:60] = 255
    studio.canvas.mask = Mask(pixels)
    shown = {"denoised", "pasted back", "context"}
    let_it_follow(studio)
    assert not shown & set(studio.canvas.layers)
    studio.outcome_button.value = True
    let_it_follow(studio)
    assert shown <= set(studio.canvas.layers)
    studio.outcome_button.value = False
    let_it_follow(studio)
    assert not shown & set(studio.canvas.layers)
    studio.close()


def test_what_a_setting_does_to_a_mask_has_no_button_and_what_none_does_has_one(lab: Lab) -> None:
    inpaint, cutout = Studio(lab, "inpaint"), Studio(lab, "remove_background")
    assert {"grow_px", "feather_px", "fill_holes"} <= set(inpaint.panel.settings)
    assert set(inpaint.canvas.ink.without) == {"grow", "feather", "fill_holes"}
    assert not {"grow_px", "feather_px", "fill_holes"} & set(cutout.panel.settings)
    assert cutout.canvas.ink.without == []
    inpaint.close()
    cutout.close()


def test_pictures_that_only_lend_something_have_no_tools_to_paint_with(lab: Lab) -> None:
    product, style = Studio(lab, "product_shot"), Studio(lab, "style_transfer")
    assert [surface.ink.paints for surface in product.canvases] == [False, True]
    assert [surface.ink.paints for surface in style.canvases] == [True, False]
    product.close()
    style.close()


def test_a_control_map_is_used_as_it_was_painted_and_comes_back_with_the_session(lab: Lab) -> None:
    def painted(studio: Studio) -> bool:
        return bool(studio.sources[0].preview.shown.get("painted"))

    studio = Studio(lab, "control_to_image")
    studio.image = Picture(np.full((96, 128, 3), 200, np.uint8))
    until(lab, lambda: studio.sources[0].preview.map is not None)
    studio.sources[0].preview.canvas.draw(Stroke([(10, 10), (100, 10)], colour="#ffffff"))
    until(lab, lambda: painted(studio))
    asked = studio.request()
    (control,) = asked.recipe.controls
    assert (control.preprocessor, asked.pictures[control.picture]) == ("none", studio.sources[0].preview.map)
    studio.canvas.line([(5, 90), (60, 90)])
    studio.close()
    again = Studio(lab, "control_to_image")
    until(lab, lambda: painted(again))
    again.close()


def test_a_preprocessor_without_its_weights_is_what_is_said_to_be_lacking(lab: Lab) -> None:
    missing = next(tool for tool in PREPROCESSORS.values() if tool.missing and "canny" not in tool.kinds)
    lab.switch("sd15")
    studio = Studio(lab, "control_to_image")
    studio.image = Picture(np.full((96, 128, 3), 200, np.uint8))
    studio.sources[0].preview.choose(missing.name)
    until(lab, lambda: bool(studio.sources[0].preview.shown.get("sentence")))
    assert studio.sources[0].missing_input == studio.sources[0].preview.shown["sentence"]
    assert missing.missing[1:] in studio.sources[0].missing_input
    studio.close()


def test_a_large_picture_is_put_together_beside_the_thread_that_a_stroke_comes_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = Studio(lab, "control_to_image")
    looked: list[str] = []
    look = ControlPreview.look_at

    def looking(self: ControlPreview, *given: Any, **more: Any) -> None:
        looked.append(threading.current_thread().name)
        look(self, *given, **more)

    monkeypatch.setattr(ControlPreview, "look_at", looking)
    studio.image = Picture(np.full((96, 128, 3), 200, np.uint8))
    until(lab, lambda: studio.sources[0].preview.map is not None)
    assert set(looked) == {"lab-control_to_image-look"}
    studio.close()


def test_one_goes_on_with_the_picture_of_a_session_that_is_back(lab: Lab) -> None:
    studio = Studio(lab, "image_to_image")
    studio.image = Picture(np.full((96, 128, 3), (200, 40, 40), np.uint8))
    until(lab, lambda: studio.result is not None and studio.result.request.recipe == studio.request().recipe)
    assert studio.result is not None
    drawn = studio.result.picture
    studio.close()
    again = Studio(lab, "image_to_image")
    assert again.result is None
    assert again.image != drawn
    again.go_on_with_result()
    assert again.image == drawn
    again.close()
