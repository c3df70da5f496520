"""A grid on screen: cells fill as they are drawn; one that is cancelled stays empty and says so, as one that fails."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from lab import Lab, Recipe
from lab.session.many.recipe_grid import Cell
from tests.fakes import ScriptedEngine
from tests.widgets.controls import page_sends, widget_of
from tests.widgets.studio.following import SOON_S, until
from widgets import GridView

BASE = Recipe(prompt="a red apple", seed=7)
OVER: dict[str, Any] = {"x": {"guidance_scale": [3.0, 5.0]}, "y": {"seed": [1, 2]}, "z": {"steps": [3, 4]}}


def test_cells_fill_where_they_stand_and_cancelled_ones_say_so(
    lab: Lab, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(GridView, "send", lambda _, content, buffers=None: sent.append((content, buffers)))
    engine.gate.clear()
    grid = lab.grid(BASE, **OVER)
    view = GridView(grid)
    assert view.words == [["guidance_scale 3", "guidance_scale 5"], ["seed 1", "seed 2"], ["steps 3", "steps 4"]]
    assert engine.at_gate.wait(SOON_S)
    until(lab, lambda: view.states == ["working"] + 7 * ["waiting"])
    grid.jobs[Cell(1, 0, 0)].cancel()
    until(lab, lambda: view.states[1] == "cancelled")
    told: list[Any] = []
    view.observe(lambda change: told.append(change.new), names="at_work")
    engine.gate.set()
    until(lab, lambda: view.states == ["drawn", "cancelled"] + 6 * ["drawn"])
    assert {"0": [1, 3, "steps"]} in told, "how far it is"
    page_sends(view, {"kind": "seen", "numbers": [6, 1, 99, "x"]})
    until(lab, lambda: len(sent) == 1)
    ((content, (file,)),) = sent
    assert content == {"kind": "thumbnails", "numbers": [6]}
    drawn = grid.results[Cell(0, 1, 1)].picture.pixels
    assert abs(int(Image.open(io.BytesIO(file)).convert("RGB").getpixel((8, 8))[0]) - int(drawn[8, 8, 0])) < 9  # type: ignore[index]
    view.close()


def test_what_is_not_drawn_yet_is_cancelled_and_what_fails_says_why(lab: Lab, engine: ScriptedEngine) -> None:
    engine.fails_with = ValueError("<b>boom</b>")
    view = GridView(lab.grid(BASE, x={"seed": [1, 2]}))
    until(lab, lambda: view.states == ["failed", "failed"])
    assert all("boom" in why for why in view.why.values())
    view.close()
    engine.gate.clear()
    view = GridView(lab.grid(BASE, x={"seed": [1, 2, 3]}))
    page_sends(view, {"kind": "cancel"})
    engine.gate.set()
    until(lab, lambda: view.states == 3 * ["cancelled"])
    view.close()


def test_a_grid_at_the_end_of_a_cell_is_its_view_and_the_same_one_again(lab: Lab) -> None:
    grid = lab.grid(BASE, x={"seed": [1, 2]})
    bundles = [grid._repr_mimebundle_(include=None, exclude=None) for _ in range(2)]
    (model,) = {bundle[0]["application/vnd.jupyter.widget-view+json"]["model_id"] for bundle in bundles}
    grid.wait(SOON_S)
    widget_of(model).close()
