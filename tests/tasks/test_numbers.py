"""Whatever a model draws, nothing of what is to stay has changed: counted by each task that promises it."""

from __future__ import annotations

from typing import Any

import cv2
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


def test_of_an_edit_that_nobody_painted_the_share_is_told_that_is_as_it_was() -> None:
    soft = cv2.normalize(cv2.GaussianBlur(PHOTO.pixels, (0, 0), 5), None, 0, 230, cv2.NORM_MINMAX)
    photo = Picture(soft.astype(np.uint8))

    def spot(start: Picture) -> Picture:
        width, height = start.size
        return Picture(
            cv2.circle(lighter(start).pixels.copy(), (width // 2, height // 2), height // 5, (20, 220, 40), -1)
        )

    def found(**settings: bool) -> Any:
        recipe = Recipe(task="edit", model="instruct-pix2pix", image=photo.hash, settings=settings)
        planned = plan(Request(recipe, {photo.hash: photo}))
        made = planned.task.made(planned.request, planned.plan, PaperStages(spot))
        return Result(made, planned.request, planned.plan, 1.0).numbers()

    kept = found(keep=True)
    assert 0.7 * np.pi * 32**2 < 160 * 200 - kept.pixels < 1.6 * np.pi * 32**2, "the spot, and what fades around it"
    assert (kept.changed, kept.found_share) == (0, kept.pixels / (160 * 200))
    assert kept.seam is not None
    share = f"{int(100 * kept.found_share)} %"
    assert str(kept).startswith(f"{kept.pixels:,} pixels of the picture, {share} of it, are bit by bit as they were;")
    assert kept.in_short == f"{share} untouched"
    assert found() is None, "nothing was to stay"


def test_a_filter_over_all_of_it_is_counted() -> None:
    filters = [{"name": "grain", "settings": {}}]
    found = result_of("inpaint", filters=filters).numbers()
    assert found.changed > 0.9 * found.pixels


def test_where_nothing_is_to_stay_there_is_nothing_to_count() -> None:
    planned = plan(Request(Recipe(task="text_to_image")))
    assert Result(PHOTO, planned.request, planned.plan, 1.0).numbers() is None
