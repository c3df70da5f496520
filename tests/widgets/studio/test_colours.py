"""Colours of a sketch in the Studio: counted where they can be, and not offered elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench._cat import COLOURS, FACE, cat, poured
from lab import Lab
from lab.core import Box, Size, Stroke, raster
from tests.widgets.controls import control
from widgets import Studio
from widgets.canvas.map_canvas import MapCanvas

BLUE = COLOURS["blue"]


def test_the_studio_asks_for_what_a_line_of_python_asks_for(studio: Studio, lab: Lab) -> None:
    assert studio.canvas is not None
    settings = studio.panel.settings
    for sketch in (cat(), poured(cat(), FACE, BLUE), poured(cat(), FACE, BLUE).circle(100, 400, 40)):
        studio.canvas.sketch = sketch
        assert studio.request() == lab.request("sketch_to_image", sketch=sketch, **settings)
    studio.canvas.undo()
    assert studio.request() == lab.request("sketch_to_image", sketch=poured(cat(), FACE, BLUE), **settings)


def test_how_much_colours_count_is_a_slider(studio: Studio) -> None:
    assert studio.canvas is not None
    studio.canvas.sketch = poured(cat(), FACE, BLUE)
    assert control(studio.panel, "Colours count").value == studio.panel.settings["colour_strength"]
    studio.panel.settings = {"colour_strength": 0.25}
    assert studio.request().recipe.colour_strength == 0.25


def test_a_new_stroke_costs_that_stroke_alone_in_either_reading(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert studio.canvas is not None
    studio.canvas.sketch = poured(cat(), FACE, BLUE)
    studio.request()
    drawn: list[Stroke] = []
    draw = raster.draw

    def counted(layer: np.ndarray, stroke: Stroke, paper: Size, before: Any = None) -> Box:
        drawn.append(stroke)
        return draw(layer, stroke, paper, before)

    monkeypatch.setattr(raster, "draw", counted)
    studio.canvas.circle(100, 400, 40)
    studio.request()
    assert len(drawn) <= 3, f"{len(drawn)} strokes were drawn for one"


def test_swatches_and_bucket_are_where_colours_count(studio: Studio, lab: Lab) -> None:
    assert studio.canvas is not None
    assert studio.canvas.ink.in_colour
    assert not MapCanvas().ink.in_colour
    with Lab("sd15-inpaint", home=lab.home, engine=lab.engine) as other:
        filling = Studio(other)
        assert filling.canvas is not None
        assert not filling.canvas.ink.in_colour
        assert "colour_strength" not in filling.panel.settings
        filling.close()
