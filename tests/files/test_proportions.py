"""No task stretches a picture, and what is transparent stays so or is said to be laid on white."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from lab.core import Picture, Size, Sketch
from lab.core.catalogue import chosen_model
from lab.core.conditioning import control
from lab.session.requests import requested
from lab.tasks import PlannedRequest, plan
from tests.tasks.paper_stages import PaperStages, same

SHAPES = [Size(450, 300), Size(300, 450), Size(640, 480), Size(500, 500), Size(731, 333), Size(200, 520)]
MODELS = ["starter", "sd15", "z-image"]


def disc(size: Size, *, alpha: bool = False) -> Picture:
    """A black disc in the middle of grey, as round as it can be."""
    pixels = np.full((size.height, size.width, 3), 200, np.uint8)
    cv2.circle(pixels, (size.width // 2, size.height // 2), min(size) // 3, (0, 0, 0), -1, cv2.LINE_AA)
    levels = np.full(pixels.shape[:2], 255, np.uint8)
    levels[:20] = 0
    return Picture(np.dstack([pixels, levels])) if alpha else Picture(pixels)


def planned(task: str, model: str = "starter", **settings: Any) -> PlannedRequest:
    return plan(requested(chosen_model(model), task, **settings))


def made(asked: PlannedRequest) -> Picture:
    picture = asked.task.made(asked.request, asked.plan, PaperStages(draw=same))
    assert picture.size == asked.makes
    return picture


def roundness(picture: Picture) -> float:
    """Width of the disc by its height, in spread of its pixels: 1 is a circle, whatever the size."""
    y, x = np.nonzero(picture.on_white().pixels[..., 0] < 100)
    return float(x.std() / y.std())


def check_shape(found: Size, right: Size) -> None:
    off = min(
        abs(found.width - found.height * right.width / right.height),
        abs(found.height - found.width * right.height / right.width),
    )
    assert off <= 1, f"{found} for {right}"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("size", SHAPES, ids=str)
def test_a_circle_stays_one(size: Size, model: str) -> None:
    for task in ("image_to_image", "style_transfer"):
        picture = made(planned(task, model, image=disc(size)))
        check_shape(picture.size, size)
        assert roundness(picture) == pytest.approx(1, abs=0.02), f"{task}: {picture.size}"


@pytest.mark.parametrize("size", SHAPES, ids=str)
def test_a_circle_stays_one_where_it_is_edited(size: Size) -> None:
    assert roundness(made(planned("edit", "instruct-pix2pix", image=disc(size)))) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("size", SHAPES, ids=str)
def test_what_steers_is_not_stretched_either(size: Size) -> None:
    asked = planned("control_to_image", controls=[control(disc(size), "canny", preprocessor="none")])
    stages = PaperStages()
    picture = asked.task.made(asked.request, asked.plan, stages)
    check_shape(picture.size, size)
    (seen,) = stages.maps[0]
    assert seen.size == asked.plan.size
    assert roundness(seen) == pytest.approx(1, abs=0.02)


def test_a_sketch_keeps_its_proportions() -> None:
    asked = planned("sketch_to_image", sketch=Sketch(Size(640, 480)).circle(320, 240, 150, size_px=8))
    stages = PaperStages()
    assert asked.task.made(asked.request, asked.plan, stages).size == asked.makes == Size(256, 192)
    y, x = np.nonzero(stages.maps[0][0].pixels[..., 0] > 127)
    assert np.ptp(x) / np.ptp(y) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("size", SHAPES, ids=str)
def test_where_a_size_is_said_the_picture_is_cut_and_not_stretched(size: Size) -> None:
    picture = made(planned("image_to_image", image=disc(size), width=256, height=256))
    assert picture.size == Size(256, 256)
    assert roundness(picture) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("task", ["image_to_image", "style_transfer", "inpaint"])
def test_at_strength_0_a_picture_comes_back_bit_by_bit(task: str) -> None:
    picture = disc(Size(451, 299), alpha=True)
    mask: dict[str, Any] = {"mask": np.full((299, 451), 255, np.uint8)} if task == "inpaint" else {}
    assert made(planned(task, image=picture, strength=0, **mask)) == picture


def test_an_enlarged_picture_keeps_its_transparency_without_a_rim() -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    cv2.circle(pixels, (20, 20), 12, (220, 30, 30, 255), -1)
    picture = made(planned("upscale", image=Picture(pixels), factor=4))
    assert picture.has_alpha
    assert picture.size == Size(160, 160)
    assert picture.pixels[0, 0, 3] == 0
    assert picture.pixels[80, 80].tolist() == [220, 30, 30, 255]
    assert np.abs(picture.pixels[..., :3][picture.pixels[..., 3] > 0].astype(int) - [220, 30, 30]).max() <= 2


@pytest.mark.parametrize(
    ("task", "model"),
    [
        ("image_to_image", "starter"),
        ("outpaint", "starter"),
        ("style_transfer", "starter"),
        ("edit", "instruct-pix2pix"),
    ],
)
def test_what_cannot_keep_transparency_says_so(task: str, model: str) -> None:
    said = "transparent parts of the picture are laid on white"
    assert said in planned(task, model, image=disc(Size(300, 200), alpha=True)).plan.note
    assert said not in planned(task, model, image=disc(Size(300, 200))).plan.note
