"""Which model a lab draws with, and how fast: said once at the door, and whole in every recipe."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from lab import BadInput, Lab, Request, Sketch, open_lab
from lab.gallery import recipe_of
from lab.tasks import plan
from tests.fakes import ScriptedEngine

SKETCH = Sketch().circle(256, 256, 100)


@pytest.mark.parametrize("given", [{"model": "starter + taylorseer"}, {"acceleration": "taylorseer"}])
def test_how_a_lab_draws_faster_is_said_once_and_is_in_every_recipe(tmp_path: Path, given: dict[str, str]) -> None:
    with Lab(**given, home=tmp_path, engine=ScriptedEngine()) as lab:
        assert lab.card.name == "starter"
        assert "starter + taylorseer" in repr(lab)
        recipe = lab.request("text_to_image").recipe
        assert (recipe.model, recipe.acceleration) == ("starter", "taylorseer")
        assert lab.request("text_to_image", acceleration=None).recipe.acceleration is None
        assert lab.request("text_to_image", model="starter").recipe.acceleration is None
        other = lab.request("text_to_image", model="sd15 + compile").recipe
        assert (other.model, other.acceleration) == ("sd15", "compile")
        with pytest.raises(BadInput, match="no acceleration 'magic': use one of taylorseer"):
            lab.request("text_to_image", model="sd15 + magic")
        result = lab.run("text_to_image").wait(20)
        assert result.plan.summary.startswith("starter + taylorseer · ")
        (kept,) = lab.gallery.latest()
        assert kept.recipe == result.request.recipe == recipe_of(kept.path)
        with Image.open(kept.path) as image:
            assert image.info["parameters"].endswith("Version: Sketchlab, Acceleration: taylorseer")


def test_a_session_that_is_opened_with_another_acceleration_is_another_lab(tmp_path: Path) -> None:
    with open_lab("starter + taylorseer", home=tmp_path) as first:
        assert open_lab("starter", acceleration="taylorseer", home=tmp_path) is first
        with open_lab("starter", home=tmp_path) as second:
            assert second is not first
            assert first.is_closed


def test_a_model_of_ones_own_is_in_the_recipe_with_its_family(tmp_path: Path) -> None:
    with open_lab("someone/fine-tune", family="sd15", home=tmp_path) as lab:
        recipe = lab.request("text_to_image", prompt="a cup").recipe
        assert (recipe.model, recipe.family) == ("someone/fine-tune", "sd15")
        assert plan(Request(recipe)).plan.card == lab.card
        with pytest.raises(BadInput, match="or say the family of one of your own"):
            plan(Request(recipe.changed(family=None)))
        with pytest.raises(BadInput, match="'sd15' is in the catalogue already: open it by its name alone"):
            plan(Request(recipe.changed(model="sd15")))
        other = lab.request("text_to_image", model="someone/other", family="sdxl").recipe
        assert (other.model, other.family) == ("someone/other", "sdxl")
        assert lab.request("text_to_image", model="starter").recipe.family is None
        assert open_lab("someone/fine-tune", family="sd15", home=tmp_path) is lab


def test_a_sketch_is_drawn_for_the_model_that_is_asked_for(lab: Lab) -> None:
    pictures = [
        lab.request("sketch_to_image", sketch=SKETCH, model=model).pictures.values() for model in ("starter", "sdxl")
    ]
    assert [one.size.width for (one,) in pictures] == [512, 1024]
