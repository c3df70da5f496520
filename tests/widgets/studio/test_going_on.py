"""From every picture to every task: sent, dropped with its settings, kept by a star."""

from __future__ import annotations

import numpy as np
import pytest

from lab import BadInput, Lab, Picture
from lab.core.conditioning import control
from lab.gallery import png_with_recipe
from lab.tasks import TASKS
from tests.widgets.controls import page_sends
from tests.widgets.studio.following import drop, let_it_follow
from widgets import Studio
from widgets.studio.inputs.picture_uses import uses_of
from widgets.studio.picture_exchange import targets

PHOTO = Picture(np.full((96, 128, 3), (200, 40, 40), np.uint8))


def with_picture(lab: Lab, task: str = "image_to_image") -> Studio:
    studio = Studio(lab, task)
    studio.live_button.value = False
    studio.image = PHOTO
    let_it_follow(studio)
    studio.view.show(lab.submit(studio.request(prompt="a red thing", seed=5)).wait(20))
    return studio


def test_a_picture_goes_to_every_use_of_every_task_that_the_model_can_do(lab: Lab) -> None:
    studio = with_picture(lab)
    drawn = Picture.of(studio.view.png)
    offered = [use["to"] for group in targets(lab.card, studio.task) for use in group["uses"]]
    assert offered[0] == "image_to_image/image"
    assert {"inpaint/mask", "product_shot/scene", "style_transfer/style", "control_to_image/image"} <= set(offered)
    for to in offered:
        task, use = to.split("/")
        studio.send_to(task, use)
        other = studio if task == studio.task.name else studio.exchange.below.children[-1]
        assert other.task.name == task
        if use == "mask":
            assert other.canvas.mask.pixels.shape == (other.image or PHOTO).pixels.shape[:2]
        else:
            surface = next(source.surfaces[0] for source in other.sources if source.name == use)
            assert surface.background == drawn
    assert {one.task.name for one in studio.exchange.below.children} == {to.split("/")[0] for to in offered[1:]}
    assert len(studio.exchange.below.children) == len({to.split("/")[0] for to in offered}) - 1, "one Studio a task"
    studio.close()


def test_what_is_offered_is_what_the_inputs_of_a_task_take(lab: Lab) -> None:
    for name, task in TASKS.items():
        if task.fits(lab.card):
            studio = Studio(lab, name)
            assert {source.name for source in studio.sources} == set(uses_of(task)) - {"mask"}
            studio.close()


def test_a_picture_that_cannot_go_there_is_refused_in_a_sentence(lab: Lab) -> None:
    studio = Studio(lab, "image_to_image")
    with pytest.raises(BadInput, match="no picture yet"):
        studio.send_to("inpaint")
    studio.image = PHOTO
    studio.view.show(lab.submit(studio.request()).wait(20))
    with pytest.raises(BadInput, match="takes no picture: use"):
        studio.send_to("text_to_image")
    with pytest.raises(BadInput, match="takes no scene"):
        studio.send_to("inpaint", "scene")
    studio.close()


def test_the_settings_of_a_dropped_picture_are_offered_and_used(lab: Lab) -> None:
    studio = Studio(lab, "image_to_image")
    made = lab.submit(
        lab.request("image_to_image", image=PHOTO, prompt="a red thing", seed=77, strength=0.5, steps=8)
    ).wait(20)
    drop(studio, png_with_recipe(made))
    (line,) = studio.notices.children
    assert "a red thing" in line.children[0].value
    line.children[1].click()
    assert studio.notices.sentences == []
    now = studio.panel.settings
    assert [now[name] for name in ("prompt", "seed", "steps")] == ["a red thing", 77, 8]
    assert now["guidance_scale"] == lab.card.guidance_scale
    assert studio.request().recipe.strength == pytest.approx(0.5)
    studio.close()


def test_settings_of_another_task_are_taken_as_far_as_they_go(lab: Lab) -> None:
    studio = Studio(lab)
    other = lab.request(
        "control_to_image", controls=[control(PHOTO, "lines", weight=0.4)], seed=9, prompt="a cup",
    ).recipe  # fmt: skip
    studio.exchange.use_settings(other)
    now = studio.panel.settings
    assert (now["prompt"], now["seed"], now["sketch_strength"]) == ("a cup", 9, 0.4)
    studio.close()


def test_a_dropped_picture_without_a_recipe_offers_nothing_and_in_a_sketch_says_what_it_is_good_for(lab: Lab) -> None:
    studio = Studio(lab)
    drop(studio, PHOTO.to_png())
    assert ["to be traced" in said for said in studio.notices.sentences] == [True]
    studio.close()


def test_a_star_is_kept_with_the_picture(lab: Lab) -> None:
    studio = with_picture(lab)
    path = studio.view.path
    assert path is not None
    page_sends(studio.view, {"kind": "star", "file_name": path.name, "is_starred": True})
    let_it_follow(studio)
    assert studio.view.is_starred
    assert lab.gallery.latest()[0].is_starred
    page_sends(studio.view, {"kind": "star", "file_name": "another.png", "is_starred": False})
    let_it_follow(studio)
    assert lab.gallery.latest()[0].is_starred
    studio.close()
