"""The edit task with a model of paper: what is taken over of its picture, and at which size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lab.core import BadInput, Mask, Picture, Recipe, Request, Size
from lab.tasks import plan
from tests.tasks.paper_stages import PaperStages, noise, same

data = pytest.importorskip("skimage.data")


@pytest.fixture
def picture() -> Picture:
    return Picture(cv2.resize(data.astronaut(), (480, 400)))


def with_a_spot(start: Picture) -> Picture:
    """A green disc in the middle, and all a little darker."""
    pixels = np.rint(start.pixels * 0.97).astype(np.uint8)
    cv2.circle(pixels, (start.size.width // 2, start.size.height // 2), start.size.height // 8, (20, 220, 40), -1)
    return Picture(pixels)


def asked(picture: Picture, model: str = "klein", mask: Mask | None = None, **settings: bool) -> Request:
    painted = mask.to_picture() if mask else None
    pictures = {one.hash: one for one in (picture, painted) if one}
    recipe = Recipe(
        task="edit", model=model, prompt="a green ball", image=picture.hash, mask=painted.hash if painted else None,
        settings={**settings},
    )  # fmt: skip
    return Request(recipe, pictures)


def run(request: Request, stages: PaperStages) -> Picture:
    planned = plan(request)
    made = planned.task.made(planned.request, planned.plan, stages)
    assert made.size == planned.makes
    return made


@pytest.mark.parametrize("model", ["klein", "klein-base", "instruct-pix2pix"])
def test_every_model_that_edits_takes_over_only_the_edit(picture: Picture, model: str) -> None:
    kept = run(asked(picture, model, keep=True), PaperStages(with_a_spot))
    assert kept.size == picture.size
    differs = (kept.pixels != picture.pixels).any(axis=-1)
    y, x = np.indices(differs.shape)
    far = np.hypot(x - 240, y - 200)
    assert differs[far < 40].all()
    assert not differs[far > 90].any()


def test_an_edit_that_changes_nothing_is_the_original(picture: Picture) -> None:
    assert run(asked(picture, keep=True), PaperStages(same)) == picture


def test_without_keep_the_models_picture_is_handed_on(picture: Picture) -> None:
    made = run(asked(picture), PaperStages(with_a_spot))
    assert made.size == picture.size.fitted_into(Size(1120, 928))
    assert made != picture


def test_a_painted_mask_says_where_an_edit_is_taken_over(picture: Picture) -> None:
    pixels = np.zeros((400, 480), np.uint8)
    pixels[190:210, 230:250] = 255
    kept = run(asked(picture, mask=Mask(pixels)), PaperStages(with_a_spot))
    differs = (kept.pixels != picture.pixels).any(axis=-1)
    assert differs[190:210, 230:250].all()
    assert not differs[cv2.dilate(pixels, np.ones((11, 11), np.uint8)) == 0].any()


def test_another_picture_is_told_with_what_to_do(picture: Picture) -> None:
    with pytest.raises(BadInput, match="leave keep out"):
        run(asked(picture, keep=True), PaperStages(noise))
