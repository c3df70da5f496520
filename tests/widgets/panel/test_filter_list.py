"""Filters in the panel: what is added, ordered and turned there is what the finished picture goes through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pytest
from pydantic import Field

from lab import BadInput, Lab
from lab.core.events import Finished
from lab.preprocessors import filter  # noqa: A004 the users' word
from tests.fakes import ScriptedEngine
from tests.widgets.controls import control
from tests.widgets.studio.following import CIRCLE, until
from widgets import Studio
from widgets.panel.filter_list import FilterList

SHARP = {"name": "sharpen", "settings": {"amount": 1.0, "radius": 2.0}}
ADD = "Add a filter for the finished picture"
GRAIN = {"name": "grain", "settings": {"amount": 0.1, "seed": 3}}


@pytest.fixture
def filters() -> Iterator[FilterList]:
    filters = FilterList()
    yield filters
    filters.close()


def names(filters: FilterList) -> list[str]:
    return [one["name"] for one in filters.value]


def test_a_filter_is_added_with_its_defaults_and_turned_by_its_sliders(filters: FilterList) -> None:
    add = control(filters, ADD)
    add.value = "sharpen"
    assert filters.value == [{"name": "sharpen", "settings": {"amount": 0.6, "radius": 1.5}}]
    control(filters, "Amount").value = 1.2
    assert filters.value[0]["settings"] == {"amount": 1.2, "radius": 1.5}
    add.value = "sharpen"
    assert names(filters) == ["sharpen", "sharpen"], "the same may be used twice"


def test_filters_change_places_and_go_away(filters: FilterList) -> None:
    filters.value = [SHARP, GRAIN]
    assert control(filters, "Apply sharpen earlier").disabled
    assert control(filters, "Apply grain later").disabled
    control(filters, "Apply grain earlier").click()
    assert filters.value == [GRAIN, SHARP]
    row = filters.children[2]
    control(filters, "Remove grain").click()
    assert filters.value == [SHARP]
    assert filters.children[1:] == (row,), "the row that stays is the same, so that a drag in it goes on"


def test_a_function_that_is_declared_later_can_be_chosen(filters: FilterList, tables: None) -> None:
    @filter
    def fade(image: np.ndarray, much: Annotated[float, Field(ge=0, le=1)] = 0.5, fast: bool = False) -> np.ndarray:
        """Paler."""
        return image if fast else (image * (1 - much)).astype(np.uint8)

    assert ("fade", "fade") in control(filters, ADD).options
    control(filters, ADD).value = "fade"
    assert filters.value == [{"name": "fade", "settings": {"much": 0.5, "fast": False}}]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("sharpen", "filters is a list such as"),
        ([{"name": "blurr", "settings": {}}], "there is no filter 'blurr'"),
        ([{"name": "sharpen", "settings": {"amount": 9}}], "amount must be between 0 and 3, not 9"),
        ([3], "a filter is"),
    ],
)
def test_wrong_filters_are_refused_and_nothing_moves(lab: Lab, wrong: object, sentence: str) -> None:
    studio = Studio(lab, "text_to_image")
    with pytest.raises(BadInput, match=sentence):
        studio.panel.settings = {"seed": 5, "filters": wrong}
    assert (studio.panel.settings["seed"], studio.panel.settings["filters"]) == (0, [])
    studio.close()


def test_the_filters_are_part_of_the_recipe_and_come_back_with_the_session(lab: Lab) -> None:
    studio = Studio(lab, "text_to_image")
    studio.panel.settings = {"filters": [SHARP, GRAIN]}
    assert [one.name for one in studio.request().recipe.filters] == ["sharpen", "grain"]
    again = Studio(lab, "text_to_image")
    assert again.panel.settings["filters"] == [SHARP, GRAIN]
    again.close()


def test_a_saved_filter_that_is_not_declared_yet_is_named_and_the_rest_comes_back(lab: Lab) -> None:
    lab.autosave.save_settings(
        "text_to_image.starter", {"steps": 3, "filters": [{"name": "mine", "settings": {}}, SHARP]}
    )
    studio = Studio(lab, "text_to_image")
    assert "There is no filter mine in this kernel" in "".join(studio.notices.sentences)
    assert (studio.panel.settings["steps"], studio.panel.settings["filters"]) == (3, [SHARP])
    studio.close()


def test_another_filter_asks_for_the_full_picture_at_once(lab: Lab, engine: ScriptedEngine) -> None:
    studio = Studio(lab)
    assert studio.canvas is not None
    finished = []
    lab.subscribe(lambda event: isinstance(event, Finished) and finished.append(event.result.request.recipe))
    studio.canvas.sketch = CIRCLE
    until(lab, lambda: [recipe.steps for recipe in finished] == [lab.card.live_steps, lab.card.steps])
    studio.panel.settings = {"filters": [SHARP]}
    until(lab, lambda: len(finished) == 3)
    assert (finished[-1].steps, finished[-1].filters[0].name) == (lab.card.steps, "sharpen")
    assert len(engine.runs) == 3
    studio.close()
