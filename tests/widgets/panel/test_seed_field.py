"""A seed is taken and shown to its last digit, whatever a page makes of large numbers, and what is none is said."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from lab import BadInput
from lab.core.catalogue import model_card
from lab.tasks import task_named
from tests.widgets.controls import control, part_of, parts_of, text_of
from widgets import ParamPanel
from widgets.base.dispose import close_all
from widgets.panel.seed_field import SeedField

LARGEST = 2**64 - 1
BEYOND_JAVASCRIPT = 2**53 + 1


@pytest.fixture
def panel() -> Iterator[ParamPanel]:
    panel = ParamPanel(model_card("starter"), task_named("text_to_image"))
    yield panel
    close_all(panel)


@pytest.fixture
def field(panel: ParamPanel) -> SeedField:
    return part_of(panel, SeedField)


@pytest.mark.parametrize("seed", [0, 7, BEYOND_JAVASCRIPT, LARGEST])
def test_a_seed_goes_to_the_page_and_comes_back_as_text(panel: ParamPanel, field: SeedField, seed: int) -> None:
    heard: list[int] = []
    panel.on_change(lambda: heard.append(panel.settings["seed"]))
    panel.settings = {"seed": seed}
    assert field.text.get_state()["value"] == str(seed)
    field.text.set_state({"value": f" {seed // 2} "})
    assert panel.settings["seed"] == seed // 2
    assert field.text.value == str(seed // 2)
    assert heard == ([seed, seed // 2] if seed else [])


def test_no_number_of_the_panel_is_larger_than_a_page_can_hold(panel: ParamPanel) -> None:
    panel.settings = {"seed": LARGEST, "variation_seed": BEYOND_JAVASCRIPT}
    control(panel, "Vary").value = 0.2
    assert str(BEYOND_JAVASCRIPT) in text_of(panel)
    seen = 0
    for widget in parts_of(panel):
        for name, value in widget.get_state().items():
            seen += 1
            assert not isinstance(value, int) or abs(value) <= 2**53, (type(widget).__name__, name, value)
    assert seen > 100


@pytest.mark.parametrize("typed", [str(2**64), "-1", "1.5", "many", "", "1e3", "²", "9" * 5000])
def test_what_is_no_seed_is_said_and_the_seed_stays(panel: ParamPanel, field: SeedField, typed: str) -> None:
    panel.settings = {"seed": 41}
    field.text.set_state({"value": typed})
    assert panel.settings["seed"] == 41
    said = text_of(field)
    assert re.fullmatch(r"A seed is a whole number from 0 to 18446744073709551615, not .{1,80}: it is still 41\.", said)
    field.text.set_state({"value": "42"})
    assert panel.settings["seed"] == 42
    assert text_of(field) == ""


def test_the_seed_is_taken_as_it_stands_when_a_picture_is_asked_for(panel: ParamPanel) -> None:
    panel.take_typed({"Seed": str(LARGEST)})
    assert panel.settings["seed"] == LARGEST


def test_a_seed_that_is_too_large_is_refused_with_all_its_digits(panel: ParamPanel) -> None:
    for name in ("seed", "variation_seed"):
        with pytest.raises(BadInput, match=f"between 0 and {LARGEST}, not {2**64}"):
            panel.settings = {name: 2**64}
