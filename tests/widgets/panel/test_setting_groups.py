"""Settings stand under the headings that their task declares."""

from __future__ import annotations

import pytest
from ipywidgets import HTML, Accordion

from lab.core.catalogue import model_card
from lab.core.errors import BadInput
from lab.core.params import params_of
from lab.tasks import TASKS, task_named
from tests.widgets.controls import part_of, parts_of
from widgets import ParamPanel
from widgets.panel.dial.dial import Dial


def headings(task: str) -> list[str]:
    panel = ParamPanel(model_card("starter"), task_named(task))
    return [one.value.strip("<h3>/") for one in parts_of(panel.sliders, HTML) if one.value.startswith("<h3>")]


def test_a_product_s_settings_have_headings_and_its_place_comes_first() -> None:
    assert headings("product_shot") == ["Place", "Light", "Scene", "Model"]


def test_few_settings_need_no_heading() -> None:
    assert headings("sketch_to_image") == []


def test_what_is_dragged_is_folded_away_and_still_a_setting() -> None:
    panel = ParamPanel(model_card("starter"), task_named("product_shot"))
    fold = part_of(panel.sliders, Accordion)
    assert fold.selected_index is None
    assert [field.description for field in fold.children[0].children] == ["Horizontal position", "Vertical position"]
    panel.settings = {"x": 0.25}
    assert panel.settings["x"] == 0.25


def test_every_setting_that_is_an_angle_is_a_dial_of_a_full_turn() -> None:
    found = set()
    for task in TASKS.values():
        panel = ParamPanel(model_card("starter"), task)
        angles = [param for param in params_of(task.settings) if param.is_angle]
        dials = {one.description: one for one in parts_of(panel.sliders, Dial)}
        assert set(dials) == {param.label for param in angles}
        found.update(dials)
        for param in angles:
            dial = dials[param.label]
            assert dial.max - dial.min == 360
            panel.settings = {param.name: dial.max}
            assert dial.value == dial.max
            with pytest.raises(BadInput, match=f"{param.name} must be between"):
                panel.settings = {param.name: dial.max + 1}
            dial.set_state({"value": dial.max + 1})  # forged
            assert panel.settings[param.name] == dial.max
    assert found == {"Light direction", "Rotation"}
