from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest

from lab.core import BadInput, Control, Picture, Recipe, Reference, Request, Size
from lab.tasks import TASKS, Task, plan

PHOTO = Picture(np.full((300, 400, 3), 90, np.uint8))


def planned(**changes: object):
    settings = {"task": "image_to_image", "image": PHOTO.hash, **changes}
    return plan(Request(Recipe(**settings), {PHOTO.hash: PHOTO})).plan


@pytest.mark.parametrize(
    ("steps", "strength", "schedule", "runs"),
    [(12, 1.0, 12, 12), (12, 0.5, 12, 6), (12, 0.6, 12, 7), (12, 0.05, 20, 1), (4, 0.3, 4, 1), (4, 0.1, 10, 1),
     (49, 1 / 49, 49, 1), (12, 0.0, 12, 0), (12, 0.001, 12, 0),
     (12, 0.58333, 12, 7), (12, 0.41667, 12, 5), (9, 0.3333, 9, 3)],
)  # fmt: skip
def test_a_strength_says_how_many_steps_really_run(steps: int, strength: float, schedule: int, runs: int) -> None:
    made = planned(steps=steps, strength=strength)
    assert (made.steps, made.steps_run) == (schedule, runs)


def test_the_plan_says_so_in_words() -> None:
    assert "runs 7 of 12 steps" in planned(steps=12, strength=0.6).summary
    assert "· 12 steps ·" in planned(steps=12, strength=1.0).summary


def test_a_task_has_its_own_strength_unless_told() -> None:
    assert planned().strength == 0.6
    assert planned(strength=0.9).strength == 0.9


def test_the_picture_is_drawn_in_its_shape_at_the_models_size() -> None:
    assert planned().size == Size(320, 192)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"task": "outpaint", "settings": {"right": -1}}, "right: should be at least 0, not -1"),
        ({"task": "upscale", "settings": {"factor": 5}}, "factor: .*2, 3 or 4, not 5"),
        ({"task": "image_to_image", "settings": {"factor": 2}}, "there is no field 'factor'"),
        ({"task": "inpaint"}, "inpaint needs a mask, white where the picture may change: give mask="),
        ({"task": "outpaint", "width": 512}, "outpaint does not use width"),
    ],
)
def test_wrong_settings_of_a_task_are_refused_at_the_door(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        planned(**changes)


@pytest.mark.parametrize(
    ("task", "side", "channels", "sentence"),
    [("upscale", 1600, 3, None), ("upscale", 1600, 4, "would be 6400x6400, .* transparent parts .* 40 mega"),
     ("upscale", 1900, 3, "it would be 7600x7600, .* 50 megapixels"), ("remove_background", 6400, 3, "40 megapixels")],
)  # fmt: skip
def test_what_could_not_be_opened_again_is_not_begun(task: str, side: int, channels: int, sentence: str | None) -> None:
    picture = Picture(np.zeros((side, side, channels), np.uint8))
    asked = Request(Recipe(task=task, image=picture.hash), {picture.hash: picture})
    with pytest.raises(BadInput, match=sentence) if sentence else nullcontext():
        plan(asked)


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_no_setting_of_a_task_has_the_name_of_a_field(task: Task) -> None:
    """`lab.run` takes both as keywords: one name must mean one thing."""
    assert not set(task.settings.model_fields) & {*Recipe.model_fields, "sketch", "sketch_strength"}


@pytest.mark.parametrize(
    ("asked", "note"),
    [
        ({"width": 300, "height": 200},
         "drawn at 320x192, since this model draws in multiples of 64; 300x200 was asked for"),
        ({"width": 300}, "drawn at 320x192, since this model draws in multiples of 64; 300x192 was asked for"),
        ({"width": 320, "height": 256}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_a_size_that_is_not_drawn_as_asked_is_said(asked: dict[str, int], note: str) -> None:
    assert planned(**asked).note == note


def test_a_scene_that_is_given_decides_the_size() -> None:
    made = planned(task="product_shot", scene=PHOTO.hash, width=300, height=200)
    assert made.note == "as large as its scene, 400x300; 300x200 was asked for"


def test_a_control_that_lies_between_two_steps_is_said_to_count_in_none() -> None:
    late = Control(picture=PHOTO.hash, start=0.9)
    assert planned(controls=(late,), steps=20, strength=1.0).note == ""
    made = planned(controls=(late,), steps=8, strength=1.0)
    assert made.note == "the control lines counts in no step: from 0.9 to 1 of 8 steps there is no whole one"


def test_references_that_only_lend_colours_are_said_to() -> None:
    red, plain = Reference(picture=PHOTO.hash, lends="style"), Reference(picture=PHOTO.hash)
    assert planned(task="style_transfer", references=(plain,)).note == ""
    made = planned(task="style_transfer", references=(red,))
    assert (
        made.note == "starter has no IP-Adapter: the first reference lends its colours, and nothing else of them counts"
    )
    assert planned(task="style_transfer", references=(plain, plain)).note == made.note
