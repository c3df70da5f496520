"""A recipe over lists: each cell is what its recipe alone gives, none is drawn twice, and one line goes on with it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab import Lab, Picture, Recipe
from lab.core import BadInput, Control, Lora
from lab.gallery import recipe_in
from lab.session.many import grid_export
from lab.session.many.recipe_grid import Cell, changed_at, grid_plan
from tests.fakes import ScriptedEngine

BASE = Recipe(prompt="a red apple", seed=7)
NAME = "0123456789abcdef" * 2
GUIDANCE = {"guidance_scale": [3.0, 5.0, 7.0]}
SEEDS = {"seed": [1, 2]}


def test_each_cell_is_what_its_recipe_alone_gives(lab: Lab, engine: ScriptedEngine) -> None:
    grid = lab.grid(BASE, x=GUIDANCE, y=SEEDS).wait(60)
    assert [*grid.results] == [Cell(x, y) for x in range(3) for y in range(2)]
    for cell, result in grid.results.items():
        alone = BASE.changed(guidance_scale=GUIDANCE["guidance_scale"][cell.x], seed=SEEDS["seed"][cell.y])
        assert result.request.recipe == alone
        assert result.picture == lab.remake(alone).wait(60).picture
    assert grid.words(Cell(1, 1)) == "guidance_scale 5, seed 2"
    assert len(engine.runs) == 12


def test_nothing_is_drawn_twice_and_a_new_kernel_goes_on(tmp_path: Path) -> None:
    first, second = ScriptedEngine(), ScriptedEngine()
    over: dict[str, Any] = {"x": {"guidance_scale": [1.0, 2.0, 3.0, 4.0, 5.0]}, "y": {"seed": [1, 2, 3, 4, 5]}}
    with Lab(home=tmp_path, engine=first) as lab:
        grid = lab.grid(BASE, **over)
        ended = 0

        def count(_: Cell) -> None:
            nonlocal ended
            ended += 1
            if ended == 12:
                first.gate.clear()

        grid.on_cell(count)
        assert first.at_gate.wait(30)
        [*grid.jobs.values()][11].wait(60)
        grid.cancel()
        first.gate.set()
    with Lab(home=tmp_path, engine=second) as lab:
        drawn = len(lab.gallery.latest(100))
        assert drawn in (12, 13), "the one at work may have come to its end"
        again = lab.grid(BASE, **over).wait(60)
        assert (len(second.runs), len(again.found), len(again.results)) == (25 - drawn, drawn, 25)
        assert len(lab.gallery.latest(100)) == 25
        assert len(lab.grid(BASE, x={"seed": [1, 1]}).wait(60).results) == 2
        assert len(second.runs) == 26 - drawn, "equal cells are one picture"


def test_a_picture_that_was_changed_or_deleted_since_is_drawn_again(lab: Lab, engine: ScriptedEngine) -> None:
    made = lab.grid(BASE, x={"seed": [1, 2, 3]}).wait(60)
    one, other, _ = (result.path for result in made.results.values())
    assert one
    assert other
    one.unlink()
    other.write_bytes(b"no picture")
    again = lab.grid(BASE, x={"seed": [1, 2, 3]}).wait(60)
    assert len(engine.runs) == 5
    assert [result.picture for result in again.results.values()] == [one.picture for one in made.results.values()]


def test_what_is_slow_to_change_changes_least(tmp_path: Path) -> None:
    plan = grid_plan(
        BASE.changed(loras=(Lora(name="ink"),)),
        [{"guidance_scale": [1.0, 2.0]}, {"loras.0.weight": [0.5, 1.0]}, {"prompt": ["a", "b"]}],
    )
    drawn = [(one.loras[0].weight, one.prompt, one.guidance_scale) for one in plan.recipes.values()]
    assert drawn == sorted(drawn)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("steps", 4, {"steps": 4}),
        ("controls.0.weight", 0.5, {"controls": (Control(picture=NAME, weight=0.5),)}),
        ("settings.margin", 0.2, {"settings": {"margin": 0.2}}),
        ("scheduler", None, {"scheduler": None}),
        ("words", "weighted", {"words": "weighted"}),
        ("variation_seed", 2**63, {"variation_seed": 2**63}),
    ],
)
def test_any_field_can_be_gone_over(path: str, value: object, expected: dict[str, Any]) -> None:
    base = BASE.changed(controls=(Control(picture=NAME),))
    assert changed_at(base, path, value) == base.changed(**expected)


@pytest.mark.parametrize(
    ("axes", "sentence"),
    [
        ({}, "needs something to go over"),
        ({"x": {"stepz": [1]}}, "there is no stepz to go over: a recipe has schema_version, task"),
        ({"x": {"loras.0.weight": [1]}}, r"there is no loras\.0\.weight to go over: loras has 0 of them"),
        ({"x": {"prompt.0": ["a"]}}, r"there is no prompt\.0"),
        ({"x": {"words.x": ["a"]}}, r"there is no words\.x"),
        ({"x": {"steps": [4, 0]}}, "steps: should be at least 1, not 0"),
        ({"x": {"steps": []}}, "at least one steps"),
        ({"x": {"steps": 4}}, r"steps=\[4\] has one value"),
        ({"x": {"steps": [4], "seed": [1]}}, "an axis is one field"),
        ({"x": {"seed": range(40)}, "y": {"steps": range(1, 40)}}, "has 1560 pictures, and one call starts 1000"),
        ({"over": {"seed": [1]}}, "takes x, y and z, not over"),
        ({"x": {"image": ["a.png"]}}, "image: .*'a.png'"),
    ],
)
def test_what_cannot_be_gone_over_is_said_before_anything_is_drawn(
    lab: Lab, engine: ScriptedEngine, axes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        lab.grid(BASE, **axes)
    assert engine.runs == []


def test_pictures_can_be_gone_over(lab: Lab) -> None:
    photos = [Picture(np.full((16, 16, 3), grey, np.uint8)) for grey in (10, 200)]
    base = Recipe(task="image_to_image", image=photos[0].hash)
    grid = lab.grid(base, x={"image": photos}, pictures=[photos[0]]).wait(60)
    assert [result.request.recipe.image for result in grid.results.values()] == [one.hash for one in photos]


def test_a_cell_that_fails_ends_no_other(lab: Lab, engine: ScriptedEngine) -> None:
    engine.fails_with = ValueError("<b>boom</b>")
    grid = lab.grid(BASE, x=SEEDS).wait(60)
    assert [*grid.failed] == [Cell(0), Cell(1)]
    engine.fails_with = None
    assert len(lab.grid(BASE, x=SEEDS).wait(60).results) == 2


def test_a_grid_on_paper(lab: Lab, engine: ScriptedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = ["<script>alert(1)</script>", "ein Äpfelchen 🍎"]
    grid = lab.grid(BASE, x={"prompt": prompts}, y=SEEDS, z={"steps": [3, 4]}).wait(60)
    (page,) = grid.save(tmp_path / "one.html")
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "http://" not in text and "https://" not in text  # noqa: PT018
    assert text.count("data:image/png;base64,") == 8
    (table,) = grid.save(tmp_path / "deep" / "one.csv")
    rows = [*csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig")))]
    assert [row["prompt"] for row in rows] == [prompt for prompt in prompts for _ in range(4)]
    assert Recipe.from_json(rows[0]["recipe"]) == BASE.changed(prompt=prompts[0], seed=1, steps=3)
    assert str(tmp_path) not in table.read_text(encoding="utf-8-sig")
    assert recipe_in((lab.gallery.folder / rows[0]["file"]).read_bytes()) == BASE.changed(
        prompt=prompts[0], seed=1, steps=3
    )
    assert len(grid.save(tmp_path / "z.png")) == 2, "a page for each z"
    monkeypatch.setattr(grid_export, "PAGE_PIXELS", 4000)
    pages = grid.save(tmp_path / "small.png")
    assert len(pages) == 4
    assert all(Picture.of(one).size.pixels <= 4000 for one in pages)
    with pytest.raises(BadInput, match=r"saved as \.png, \.html or \.csv, not as '.pdf'"):
        grid.save("grid.pdf")
