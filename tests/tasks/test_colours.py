"""A sketch has two readings: lines, which steer, and colours, which areas of the picture start from."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bench._cat import COLOURS, FACE, PAPER, cat, poured
from lab import Lab, Picture, Recipe, Request, Sketch
from lab.core import BadInput, Mask, Size, rasterise
from lab.core.catalogue import model_card
from lab.core.raster import drawn
from lab.preprocessors import control_map
from lab.tasks import plan
from lab.tasks._colours import start_of
from tests.tasks.paper_stages import PaperStages

BLUE = COLOURS["blue"]
NATIVE = model_card("starter").native


def line_map(sketch: Sketch) -> np.ndarray:
    return control_map("lines", drawn(sketch).lines, NATIVE, {}).pixels[..., 0]


def stages_of(request: Request) -> PaperStages:
    planned, stages = plan(request), PaperStages()
    planned.task.made(request, planned.plan, stages)
    return stages


@pytest.mark.parametrize("places", [[FACE], [PAPER], [FACE, PAPER]])
def test_what_a_bucket_fills_is_no_line_and_neither_is_its_edge(places: list[tuple[int, int]]) -> None:
    filled = cat()
    for place in places:
        filled = poured(filled, place, BLUE)
    plain, with_fill = line_map(cat()), line_map(filled)
    assert (with_fill <= plain).all(), "a fill may lie over the soft edge of a line, and adds nothing"
    core = np.minimum(plain, with_fill) > 127
    assert core.sum() > 0.6 * (plain > 127).sum()


def test_an_area_without_a_line_around_it_leaves_no_line() -> None:
    square = [(100, 100), (300, 100), (300, 300), (100, 300)]
    for sketch in (Sketch().polygon(square, colour=BLUE), poured(Sketch(), PAPER, BLUE)):
        assert line_map(sketch).max() == 0
    assert line_map(Sketch().polygon(square)).max() == 255, "black is ink"


def test_a_coloured_area_hides_the_lines_that_it_was_drawn_over() -> None:
    hidden = cat().polygon([(0, 0), (512, 0), (512, 512), (0, 512)], colour=BLUE)
    assert line_map(hidden).max() == 0


def test_lines_of_any_colour_are_lines_alone_and_a_broad_pen_lays_colour() -> None:
    orange = Sketch().circle(256, 256, 150, colour="#f2a600")
    assert orange.lines is orange
    assert not orange.is_coloured
    broad = Sketch().line([(100, 100), (400, 100)], colour="#f2a600", size_px=40)
    assert broad.is_coloured
    assert line_map(broad).max() == 0
    assert not Sketch().line([(100, 100), (400, 100)], size_px=40).is_coloured


def test_what_is_erased_of_a_colour_does_not_count() -> None:
    filled = poured(cat(), FACE, BLUE)
    rubbed = filled.line([(256, 200), (257, 200)], tool="eraser", size_px=60)
    before, after = (drawn(sketch).colours for sketch in (filled, rubbed))
    assert before is not None
    assert after is not None
    assert before.pixels[200, 256].tolist() == [0x1A, 0x73, 0xE8, 255]
    assert after.pixels[200, 256, 3] == 0


def test_a_sketch_in_black_is_asked_for_as_ever(lab: Lab) -> None:
    black = cat().polygon([(240, 305), (272, 305), (256, 322)])
    request = lab.request("sketch_to_image", sketch=black, prompt="a cat")
    assert request.recipe.colours is None
    (control,) = request.recipe.controls
    assert request.pictures == {control.picture: rasterise(black)}
    stages = stages_of(request)
    assert (stages.masks, stages.plans[0].strength) == ([], 1.0)


def test_a_recipe_of_an_earlier_version_has_no_colours_and_is_still_the_same(lab: Lab) -> None:
    kept = lab.request("sketch_to_image", sketch=cat()).recipe
    older = {name: value for name, value in json.loads(kept.to_json()).items() if not name.startswith("colour")}
    assert Recipe.from_json(json.dumps(older)) == kept
    filled = rasterise(poured(cat(), FACE, BLUE))  # as such a version gave it to the model: all of it is lines
    assert lab.request("sketch_to_image", sketch=filled).recipe.colours is None


def test_colours_are_what_their_areas_start_from_and_all_else_is_free(lab: Lab) -> None:
    filled = poured(cat(), FACE, BLUE)
    stages = stages_of(lab.request("sketch_to_image", sketch=filled, colour_strength=0.5))
    (start,), (mask,) = stages.starts, stages.masks
    assert start.size == mask.size == NATIVE
    assert start.pixels[100, 128].tolist() == [0x1A, 0x73, 0xE8]
    assert mask.pixels[100, 128] == 255 - round(0.9 * 0.5 * 255)
    assert mask.pixels[20, 128] == 255
    assert np.array_equal(stages.maps[0][0].pixels[..., 0], line_map(filled))


@pytest.mark.parametrize("changes", [{"colour_strength": 0.0}, {"model": "sd15-inpaint"}])
def test_where_colours_do_not_count_their_areas_are_no_lines_either(lab: Lab, changes: dict[str, object]) -> None:
    filled = poured(cat(), FACE, BLUE)
    request = lab.request("sketch_to_image", sketch=filled)
    request = Request(request.recipe.changed(**changes), request.pictures)
    planned, stages = plan(request), PaperStages()
    planned.task.made(request, planned.plan, stages)
    assert stages.masks == []
    lines = control_map("lines", drawn(filled).lines, planned.plan.size, {})
    assert stages.maps[0] == (lines,)
    assert planned.plan.note == (
        "sd15-inpaint was trained to fill masks: the colours of the sketch do not count" if "model" in changes else ""
    )


def test_colours_may_come_beside_a_picture_of_lines(lab: Lab) -> None:
    laid = np.zeros((512, 512, 4), np.uint8)
    laid[100:200, 100:200] = (200, 30, 30, 255)
    stages = stages_of(lab.request("sketch_to_image", sketch=rasterise(cat()), colours=Picture(laid)))
    assert stages.starts[0].pixels[75, 75].tolist() == [200, 30, 30]
    assert stages.starts[0].pixels[10, 10].tolist() == [255, 255, 255], "what is transparent is paper"
    with pytest.raises(BadInput, match="text_to_image does not use colours"):
        lab.run("text_to_image", colours=Picture(laid))


def test_the_strongest_colours_leave_the_last_steps_to_the_model() -> None:
    whole = Picture(np.full((64, 64, 4), 255, np.uint8))
    start = start_of(whole, 1.0, Size(64, 64))
    assert start is not None
    assert start.mask == Mask(np.full((64, 64), 255 - round(0.9 * 255), np.uint8))
    clear = Picture(np.zeros((64, 64, 4), np.uint8))
    assert start_of(clear, 1.0, Size(64, 64)) is None
