"""Whatever a model draws, nothing of what is to stay has changed: counted by each task that promises it."""

from __future__ import annotations

import numpy as np
import pytest

from lab.core import Mask, Picture, Recipe, Request
from lab.core.events import Result
from lab.tasks import TASKS, plan
from tests.tasks.paper_stages import PaperStages, noise
from tests.tasks.test_subjects import product

PHOTO = Picture(np.random.default_rng(1).integers(0, 256, (160, 200, 3), np.uint8))
MASK = Mask(np.pad(np.full((60, 60), 255, np.uint8), ((50, 50), (70, 70)))).to_picture()
SCENE = Picture(np.full((300, 400, 3), (90, 140, 90), np.uint8))
ASKED = {
    "inpaint": ({"image": PHOTO, "mask": MASK}, {"feather_px": 6}),
    "outpaint": ({"image": PHOTO}, {"left": 40, "right": 64, "overlap_px": 12}),
    "product_shot": ({"image": product(), "scene": SCENE}, {"product_height": 0.5, "turn": 20, "harmony": 0.8}),
    "edit": ({"image": PHOTO, "mask": MASK}, {}),
}
MODELS = {"edit": "instruct-pix2pix"}


def lighter(start: Picture) -> Picture:
    """All of it a little lighter, so that it is found again."""
    return Picture(np.minimum(start.pixels, 235) + np.uint8(20))


def result_of(task: str, **changes: object) -> Result:
    pictures, settings = ASKED[task]
    named = {name: picture.hash for name, picture in pictures.items()}
    recipe = Recipe(task=task, settings=settings, model=MODELS.get(task, "starter"), **named, **changes)
    planned = plan(Request(recipe, {one.hash: one for one in pictures.values()}))
    made = planned.task.made(planned.request, planned.plan, PaperStages(lighter if planned.task.edits else noise))
    return Result(made, planned.request, planned.plan, 1.0)


def test_all_tasks_that_keep_something_are_tried_here() -> None:
    assert {name for name, task in TASKS.items() if task.stays} == {*ASKED}


@pytest.mark.parametrize("task", ASKED)
def test_no_pixel_of_what_is_to_stay_has_changed(task: str) -> None:
    found = result_of(task).numbers()
    assert found.pixels > 3000
    assert (found.changed, found.largest) == (0, 0)
    assert (found.seam is None) is (task == "product_shot")


def test_a_filter_over_all_of_it_is_counted() -> None:
    filters = [{"name": "grain", "settings": {}}]
    found = result_of("inpaint", filters=filters).numbers()
    assert found.changed > 0.9 * found.pixels


def test_where_nothing_is_to_stay_there_is_nothing_to_count() -> None:
    planned = plan(Request(Recipe(task="text_to_image")))
    assert Result(PHOTO, planned.request, planned.plan, 1.0).numbers() is None
