"""Settings stand under the headings that their task declares."""

from __future__ import annotations

from typing import Any

from ipywidgets import HTML, Accordion, Widget

from lab.core.catalogue import model_card
from lab.tasks import task_named
from widgets import ParamPanel


def within(widget: Widget, kind: type) -> list[Any]:
    """Everything of a kind in a widget, in order."""
    found = [widget] if isinstance(widget, kind) else []
    for child in getattr(widget, "children", ()):
        found += within(child, kind)
    return found


def headings(task: str) -> list[str]:
    panel = ParamPanel(model_card("starter"), task_named(task))
    return [one.value.strip("<h3>/") for one in within(panel.sliders, HTML) if one.value.startswith("<h3>")]


def test_a_product_s_settings_have_headings_and_its_place_comes_first() -> None:
    assert headings("product_shot") == ["Place", "Light", "Scene", "Model"]


def test_few_settings_need_no_heading() -> None:
    assert headings("sketch_to_image") == []


def test_what_is_dragged_is_folded_away_and_still_a_setting() -> None:
    panel = ParamPanel(model_card("starter"), task_named("product_shot"))
    (fold,) = within(panel.sliders, Accordion)
    assert fold.selected_index is None
    folded = {id(field) for field in fold.children[0].children}
    assert {id(panel._fields[name]) for name in ("x", "y")} == folded
    panel.settings = {"x": 0.25}
    assert panel.settings["x"] == 0.25
