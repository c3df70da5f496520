"""Inpaint and outpaint: what the mask does not cover is the same, bit by bit, whatever the model draws."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core import BadInput, Mask, Picture, Recipe, Request, Size, control
from lab.tasks import plan, task_named
from tests.endure.full import times
from tests.tasks.paper_stages import PaperStages, noise, same


def photo(size: Size, seed: int = 0) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), np.uint8))


def request(task: str, picture: Picture, mask: Mask | None = None, **changes: object) -> Request:
    own = {name: changes.pop(name) for name in task_named(task).settings.model_fields if name in changes}
    pictures = {picture.hash: picture}
    if mask is not None:
        named = mask.to_picture()
        pictures[named.hash] = named
        changes["mask"] = named.hash
    return Request(Recipe(task=task, image=picture.hash, settings=own, **changes), pictures)


def ran(asked: Request, stages: PaperStages) -> Picture:
    return task_named(asked.recipe.task).run(asked, plan(asked).plan, stages)


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    """Islands, holes and borders at odd sizes, hard or soft, never empty."""
    width, height = draw(st.integers(16, 420)), draw(st.integers(16, 420))
    pixels = np.zeros((height, width), np.uint8)
    for _ in range(draw(st.integers(1, 4))):
        left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        level = draw(st.sampled_from([0, 90, 255, 255]))
        pixels[top : top + draw(st.integers(1, 200)), left : left + draw(st.integers(1, 200))] = level
    pixels[draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))] = 255
    return Mask(pixels)


@settings(max_examples=times(300, 100))
@given(masks(), st.sampled_from([0.2, 0.6, 1.0]), st.sampled_from([0, 0, 5, 24]), st.integers(0, 30))
def test_pixels_outside_the_mask_are_bit_identical(mask: Mask, strength: float, feather_px: int, grow_px: int) -> None:
    picture = photo(mask.size)
    asked = request("inpaint", picture, mask, strength=strength, feather_px=feather_px, grow_px=grow_px)
    made = ran(asked, PaperStages(noise))
    side = 2 * feather_px + 1
    reach = cv2.dilate(mask.pixels, np.ones((side, side), np.uint8))
    assert made.size == picture.size
    changed = (made.pixels != picture.pixels).any(axis=-1)
    assert not (changed & (reach == 0)).any(), f"{(changed & (reach == 0)).sum()} pixels changed outside the mask"
    assert changed[mask.pixels == 255].any()


@settings(max_examples=40)
@given(masks())
def test_a_picture_that_the_model_leaves_alone_comes_back_exactly(mask: Mask) -> None:
    rows, columns = np.indices((mask.size.height, mask.size.width))
    checks = Picture(np.repeat(((rows + columns) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2))
    assert ran(request("inpaint", checks, mask, strength=0.5), PaperStages(same)) == checks
    assert ran(request("inpaint", checks, mask, strength=0.0), PaperStages(noise)) == checks


def test_the_control_map_is_cropped_along_with_the_picture() -> None:
    picture = photo(Size(900, 700))
    pixels = np.zeros((700, 900), np.uint8)
    pixels[500:560, 700:780] = 255
    guide = control(picture, preprocessor="none")
    asked = request("inpaint", picture, Mask(pixels), controls=(guide.value,))
    stages = PaperStages()
    ran(asked, stages)
    ((steered,),) = stages.maps
    assert steered == stages.starts[0], "the map of the picture is the part of the picture that is redrawn"
    assert stages.plans[0].size == steered.size


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(BadInput, match="the mask is 20x10 and its picture 40x30"):
        plan(request("inpaint", photo(Size(40, 30)), Mask(np.full((10, 20), 255, np.uint8))))


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(BadInput, match="the mask is empty: paint over what shall change"):
        plan(request("inpaint", photo(Size(40, 30)), Mask(np.zeros((30, 40), np.uint8))))


@pytest.mark.parametrize("sides", [{"left": 40}, {"right": 30, "top": 7}, {"left": 700}, {"bottom": 1, "right": 0}])
def test_an_outpainted_picture_keeps_every_old_pixel_without_overlap(sides: dict[str, int]) -> None:
    picture = photo(Size(211, 157))
    sides = {"right": 0, **sides}
    made = ran(request("outpaint", picture, overlap_px=0, **sides), PaperStages())
    left, top = sides.get("left", 0), sides.get("top", 0)
    assert made.size == Size(211 + left + sides["right"], 157 + top + sides.get("bottom", 0))
    assert np.array_equal(made.pixels[top : top + 157, left : left + 211], picture.pixels)


def test_a_picture_that_grows_on_no_side_is_refused() -> None:
    with pytest.raises(BadInput, match="these settings cannot be used: a picture grows on at least one side"):
        plan(request("outpaint", photo(Size(40, 30)), right=0))


def test_a_soft_mask_reaches_the_model_soft() -> None:
    pixels = np.zeros((256, 256), np.uint8)
    pixels[64:192, 64:192] = 128
    stages = PaperStages()
    ran(request("inpaint", photo(Size(256, 256)), Mask(pixels), feather_px=0, grow_px=0), stages)
    assert set(np.unique(stages.masks[0].pixels)) == {0, 128}


def a_hole() -> tuple[Picture, Mask]:
    pixels = np.zeros((512, 512), np.uint8)
    pixels[200:300, 200:300] = 255
    return photo(Size(512, 512)), Mask(pixels)


@pytest.mark.parametrize("model", ["sd15", "sdxl"])
def test_an_inpaint_controlnet_sees_what_is_around_the_mask_and_a_hole(model: str) -> None:
    picture, mask = a_hole()
    stages = PaperStages(same)
    ran(request("inpaint", picture, mask, model=model, surroundings=0.7, grow_px=0, feather_px=0), stages)
    ((seen,), (plan_of_it,)) = stages.maps[0], stages.plans
    (fitting,) = plan_of_it.recipe.controls
    assert (fitting.kind, fitting.weight) == ("inpaint", 0.7)
    hole = seen.pixels[..., 3] == 0
    assert np.array_equal(hole, stages.masks[0].pixels > 0)
    assert np.array_equal(seen.pixels[..., :3][~hole], stages.starts[0].pixels[~hole])


def test_it_comes_beside_the_controls_that_were_asked_for() -> None:
    picture, mask = a_hole()
    drawn = control(photo(Size(64, 64), 3), "canny")
    bare = request("inpaint", picture, mask, model="sd15", surroundings=1.0)
    asked = Request(bare.recipe.changed(controls=(drawn.value,)), {**bare.pictures, drawn.picture.hash: drawn.picture})
    stages = PaperStages(same)
    ran(asked, stages)
    assert [one.kind for one in stages.plans[0].recipe.controls] == ["canny", "inpaint"]
    assert [one.has_alpha for one in stages.maps[0]] == [False, True]


@pytest.mark.parametrize(("model", "surroundings"), [("sd15", 0.0), ("starter", 1.0)])
def test_it_is_left_out_when_it_is_not_wanted_or_not_there(model: str, surroundings: float) -> None:
    picture, mask = a_hole()
    stages = PaperStages(same)
    ran(request("inpaint", picture, mask, model=model, surroundings=surroundings), stages)
    assert stages.maps == [()]


def test_outpainting_fits_the_new_part_to_the_old_one() -> None:
    stages = PaperStages(same)
    ran(request("outpaint", photo(Size(256, 256)), model="sd15", right=64, overlap_px=0, surroundings=0.5), stages)
    ((seen,),) = stages.maps
    assert 0 < (seen.pixels[..., 3] == 0).mean() < 0.5
