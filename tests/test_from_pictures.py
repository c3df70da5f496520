"""A picture's file brings back what made it, prints its code, and is proven to be the same."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lab import Lab, Mask, Picture, Recipe, Sketch, SketchlabError
from lab.core import BadInput, Size, control, reference
from lab.gallery import made_in, png_with_recipe
from lab.tasks import TASKS
from tests.fakes import ScriptedEngine
from tests.gallery.foreign.containers import png_text
from tests.gallery.foreign.test_infotext import PLAIN, RECIPE
from tests.gallery.test_round_trip import run

PHOTO = Picture(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
MASK = Mask(np.pad(np.full((20, 20), 255, np.uint8), 22))
CUTOUT = Picture(np.dstack([PHOTO.pixels, MASK.pixels]))
SKETCH = Sketch(Size(64, 64)).circle(30, 30, 20)


def made(lab: Lab, task: str, **settings: Any) -> Path:
    path = lab.run(task, seed=2**63 + 1, prompt="a red apple", **settings).wait(60).path
    assert path is not None
    return path


def test_sketch_mask_and_controls_come_back_from_a_file(lab: Lab) -> None:
    drawn = lab.open(made(lab, "sketch_to_image", sketch=SKETCH, sketch_strength=0.8))
    assert (drawn.sketch, drawn.missing) == (SKETCH, ())
    assert lab.request(drawn.recipe.task, **drawn.arguments) == drawn.request
    assert drawn.arguments["sketch"].sketch == SKETCH
    painted = lab.open(made(lab, "inpaint", image=PHOTO, mask=MASK, context_px=12, controls=[control(PHOTO, "lines")]))
    assert painted.arguments["image"] == PHOTO
    assert Mask.of(painted.arguments["mask"]) == MASK
    assert painted.recipe.seed == 2**63 + 1
    assert lab.request("inpaint", **painted.arguments) == painted.request


def test_a_picture_whose_sources_are_elsewhere_says_which_and_takes_them(lab: Lab, tmp_path: Path) -> None:
    path = made(lab, "image_to_image", image=PHOTO)
    with Lab(home=tmp_path / "other", engine=ScriptedEngine()) as other:
        opened = other.open(path)
        assert opened.missing == (PHOTO.hash,)
        with pytest.raises(BadInput, match=rf"a picture that is not kept here \({PHOTO.hash}\)"):
            other.remake(opened.recipe)
        again = other.remake(opened.recipe, pictures=[PHOTO]).wait(60)
        assert again.request.recipe == opened.recipe


def test_a_picture_of_another_tool_gives_its_import_and_is_not_verified(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "theirs.png"
    path.write_bytes(png_text(parameters=f"{PLAIN}, Clip skip: 2"))
    opened = lab.open(path)
    assert opened.imported is not None
    assert (opened.recipe, opened.picture.size) == (RECIPE, (8, 8))
    assert "not filled in  clip skip 2" in repr(opened)
    with pytest.raises(BadInput, match=r"theirs\.png was made with .*: only what the lab itself made"):
        lab.verify(path)
    path.write_bytes(png_text(Comment="holidays"))
    with pytest.raises(BadInput, match="carries no recipe"):
        lab.open(path)


def test_a_cell_makes_the_picture_again(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = lab.open(made(lab, "sketch_to_image", sketch=SKETCH))
    monkeypatch.setattr("lab.open_lab", lambda model: lab if model == "starter" else None)
    result = asyncio.run(run(opened.recipe.to_code()))
    assert result.request.recipe == opened.recipe
    assert result.picture == opened.picture


def test_code_opens_no_endpoint_that_somebody_pays() -> None:
    assert "lab = open_lab()\n" in Recipe(model="runpod://abc/sdxl").to_code()


class Elsewhere(ScriptedEngine):
    """The same, where something is otherwise; `changes` are fields of the plan that ran."""

    changes: dict[str, Any] = {}  # noqa: RUF012 - set by each test

    def run(self, planned: Any, reporter: Any) -> Any:
        picture, ran = super().run(planned, reporter)
        usual = {
            "device": "cpu",
            "dtype": "float32",
            "threads": 2,
            "versions": {"torch": "2.9"},
            "weights": {"model": "sha"},
        }
        return picture, replace(ran, **{**usual, **self.changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"threads": 4}, "threads was 2, is 4"),
        ({"weights": {"model": "ash"}}, "weights: model was sha, is ash"),
        ({"versions": {"torch": "3.0"}}, "library: torch was 2.9, is 3.0"),
        ({"device": "cuda"}, "device was cpu, is cuda"),
        ({"dtype": "float16"}, "device: dtype was float32, is float16"),
        ({"steps": 5}, "setting: steps was 12, is 5"),
    ],
)
def test_what_is_not_as_it_was_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    engine = Elsewhere()
    with Lab(home=tmp_path, engine=engine) as lab:
        path = made(lab, "text_to_image")
        same = lab.verify(path).wait(60)
        assert (same.is_identical, same.differs, str(same)) == (True, (), "identical: every pixel is the same")
        engine.changes = changes
        assert lab.verify(path).wait(60).differs == (said,)
        assert len(lab.gallery.latest(10)) == 1


def test_a_changed_pixel_and_a_changed_recipe_are_named(lab: Lab, tmp_path: Path) -> None:
    result = lab.run("text_to_image", prompt="a red apple", steps=4).wait(60)
    assert result.path is not None
    pixels = result.picture.pixels.copy()
    pixels[3, 5, 1] ^= 7
    (file := tmp_path / "changed.png").write_bytes(
        png_with_recipe(replace(result, picture=Picture(pixels)), made_in(result.path))
    )
    touched = lab.verify(file).wait(60)
    assert not touched.is_identical
    assert (touched.largest, touched.share) == (
        abs(int(pixels[3, 5, 1]) - int(result.picture.pixels[3, 5, 1])),
        1 / 256,
    )
    assert touched.differs == ("file: its pixels were changed after it was made",)
    plan = replace(result.plan, recipe=result.plan.recipe.changed(steps=5))
    file.write_bytes(png_with_recipe(replace(result, plan=plan), made_in(result.path)))
    edited = lab.verify(file).wait(60)
    assert edited.differs[0] == "setting: the recipe in the file was changed after it was made"
    assert "setting: steps was 4, is 5" in edited.differs


OF_EACH_TASK: dict[str, dict[str, Any]] = {
    "text_to_image": {},
    "sketch_to_image": {"sketch": SKETCH},
    "image_to_image": {"image": PHOTO},
    "inpaint": {"image": PHOTO, "mask": MASK},
    "outpaint": {"image": PHOTO, "right": 32},
    "control_to_image": {"controls": [control(PHOTO, "lines")]},
    "upscale": {"image": PHOTO},
    "remove_background": {"image": CUTOUT},
    "product_shot": {"image": CUTOUT},
    "style_transfer": {"image": PHOTO, "references": [reference(PHOTO, "style")]},
}
"""For each task that the starter model does what it needs."""


@pytest.mark.starter
def test_the_starter_models_pictures_of_every_task_are_the_same_again(tmp_path: Path) -> None:
    edits = {"edit"}
    assert {*OF_EACH_TASK} == {*TASKS} - edits
    with Lab(home=tmp_path) as lab:
        given = {task: {"seed": 7, **given, **_few(task)} for task, given in OF_EACH_TASK.items()}
        files = {task: lab.run(task, **settings).wait(300).path for task, settings in given.items()}
        for task, file in files.items():
            assert file is not None
            same = lab.verify(file).wait(300)
            assert same.is_identical, f"{task}: {same}"
            assert same.differs == (), task
        assert made_in(files["inpaint"] or file).weights["model"].startswith("sha256:")


def _few(task: str) -> dict[str, Any]:
    few = {"steps": 2, "prompt": "a red apple", "width": 64, "height": 64}
    return {name: value for name, value in few.items() if name in TASKS[task].recipe_fields}


def test_a_table_of_runs_is_one_of_pandas_and_each_row_runs_again(lab: Lab) -> None:
    assert lab.runs.empty
    made(lab, "text_to_image")
    made(lab, "image_to_image", image=PHOTO)
    runs = lab.runs
    assert isinstance(runs, pd.DataFrame)
    assert list(runs.task) == ["image_to_image", "text_to_image"]
    drawn = runs[runs.task == "text_to_image"].iloc[0]
    assert (drawn.seed, drawn.steps) == (2**63 + 1, 12)
    for recipe in runs.recipe:
        assert lab.remake(recipe).wait(60).request.recipe == recipe
    assert len(lab.runs) == 4


def test_a_table_of_runs_without_pandas_says_what_to_install(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(SketchlabError, match=r'pip install "sketchlab\[table\]"'):
        _ = lab.runs
