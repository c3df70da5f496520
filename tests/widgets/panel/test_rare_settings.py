"""Size, sampler, LoRAs, words and variation: folded away, and as much settings as any slider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import BadInput
from lab.core.catalogue import model_card
from lab.session.choices import LoraFile
from lab.tasks import task_named
from tests.widgets.controls import control, part_of, text_of, until_done
from widgets import ParamPanel
from widgets.base.dispose import close_all
from widgets.panel.lora_list import LoraList
from widgets.panel.sampler_field import SamplerField

OIL = LoraFile("oil", Path("/models/oil.safetensors"), "sd15", "Stable Diffusion 1.5", ("oil painting", "thick"), 37.0)
XL = LoraFile("ink-xl", Path("/models/ink-xl.safetensors"), "sdxl", "SDXL", (), 200.0)


@pytest.fixture
def panel() -> Iterator[ParamPanel]:
    panel = ParamPanel(model_card("sd15"), task_named("text_to_image"))
    yield panel
    close_all(panel)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def loras(said: list[str]) -> Iterator[LoraList]:
    loras = LoraList(model_card("sd15"), lambda: (OIL, XL), said.append)
    loras.look()
    until_done("looking for LoRAs")
    yield loras
    loras.close()


def test_a_ratio_sets_both_sides_as_one_change(panel: ParamPanel) -> None:
    heard: list[tuple[int, int]] = []
    panel.on_change(lambda: heard.append((panel.settings["width"], panel.settings["height"])))
    assert (panel.settings["width"], control(panel, "Size").value) == (None, False)
    control(panel, "Ratio").value = "3:2"
    assert heard == [(624, 416)]
    assert "Draws 624x416" in text_of(panel)
    assert control(panel, "Size: 624x416")
    control(panel, "Swap width and height").click()
    assert heard[-1] == (416, 624)
    assert control(panel, "Ratio").value == "2:3"
    control(panel, "Ratio").value = ""
    assert (panel.settings["width"], panel.settings["height"]) == (None, None)


def test_what_a_size_snaps_to_is_said_before_anything_is_drawn(panel: ParamPanel) -> None:
    panel.settings = {"width": 300, "height": 201}
    assert control(panel, "Ratio").value == "free"
    assert "Draws 304x200: sides are multiples of 8." in text_of(panel)


def test_a_locked_ratio_lets_the_other_side_follow(panel: ParamPanel) -> None:
    control(panel, "Width").value = 640
    assert (panel.settings["width"], panel.settings["height"]) == (640, 512)
    control(panel, "Keep the ratio when one side is changed").value = True
    control(panel, "Height").value = 256
    assert (panel.settings["width"], panel.settings["height"]) == (320, 256)


@pytest.mark.parametrize("wrong", [8, 10_000, True, "512", 512.0])
def test_a_side_out_of_bounds_is_refused_and_nothing_moves(panel: ParamPanel, wrong: object) -> None:
    with pytest.raises(BadInput, match="width must be None or between 16 and 8192"):
        panel.settings = {"height": 256, "width": wrong}
    assert panel.settings["height"] is None


def test_samplers_go_by_the_names_of_the_field_with_their_usual_steps(panel: ParamPanel) -> None:
    sampler = control(part_of(panel, SamplerField), "Sampler")
    titles = [title for title, _ in sampler.options]
    assert titles[0] == "DPM++ 2M Karras (the model's own)"
    assert "20 to 30 steps" in text_of(panel)
    sampler.value = "unipc"
    assert (panel.settings["scheduler"], control(panel, "Sampler: UniPC").value) == ("unipc", False)
    assert "10 to 20 steps" in text_of(panel)
    with pytest.raises(BadInput, match="scheduler must be one of"):
        panel.settings = {"scheduler": "magic"}


def test_a_lora_is_searched_added_weighed_and_ordered(loras: LoraList) -> None:
    search = control(loras, "Add")
    assert search.options == ("oil",), "those of another family are not offered"
    search.value = "oil"
    search.value = "someone/on-the-hub"
    assert search.value == ""
    assert [one["name"] for one in loras.value] == ["oil", "someone/on-the-hub"]
    control(loras.children[1], "Weight").value = 0.65
    control(loras, "Apply someone/on-the-hub earlier").click()
    assert loras.value == [{"name": "someone/on-the-hub", "weight": 1.0}, {"name": "oil", "weight": 0.65}]
    control(loras, "Remove someone/on-the-hub").click()
    assert loras.value == [{"name": "oil", "weight": 0.65}]


def test_a_lora_that_is_off_stays_in_the_list_and_out_of_the_recipe(loras: LoraList) -> None:
    loras.value = [{"name": "oil", "weight": 0.5}]
    control(loras, "oil").value = False
    assert (loras.value, loras.rows) == ([], [{"name": "oil", "weight": 0.5, "is_on": False}])
    loras.value = [{"name": "other", "weight": 1.0}]
    assert [one["name"] for one in loras.rows] == ["other", "oil"]
    kept = loras.rows
    loras.rows = []
    assert loras.value == []
    loras.rows = kept
    assert loras.value == [{"name": "other", "weight": 1.0}]


def test_a_lora_of_another_family_is_one_sentence(loras: LoraList) -> None:
    control(loras, "Add").value = "ink-xl"
    assert loras.value == []
    assert "ink-xl was made for SDXL, not for sd15." in text_of(loras)


def test_its_trigger_words_are_offered_for_the_prompt(loras: LoraList, said: list[str], panel: ParamPanel) -> None:
    loras.value = [{"name": "oil", "weight": 1.0}]
    control(loras, "oil painting").click()
    assert said == ["oil painting"]
    panel.say("oil painting")
    panel.say("oil painting")
    assert panel.settings["prompt"] == "oil painting"
    panel.say("thick")
    assert panel.settings["prompt"] == "oil painting, thick"


@pytest.mark.parametrize("wrong", ["oil", [1], [{"name": ""}], [{"name": "oil", "weight": 9}]])
def test_what_is_no_list_of_loras_is_refused(panel: ParamPanel, wrong: object) -> None:
    with pytest.raises(BadInput):
        panel.settings = {"loras": wrong}


def test_vary_asks_for_another_seed_of_the_noise_a_little(panel: ParamPanel) -> None:
    control(panel, "Vary a little").click()
    first = panel.settings["variation_seed"]
    assert first is not None
    assert panel.settings["variation_strength"] == pytest.approx(0.15)
    control(panel, "Vary a little").click()
    assert panel.settings["variation_seed"] != first
    assert control(panel, "Variation: 0.15")


@pytest.mark.parametrize(
    ("model", "task", "names"),
    [
        ("starter", "text_to_image", ["Size", "Sampler", "Words", "Variation"]),
        ("sd15", "text_to_image", ["Size", "Sampler", "LoRAs", "Words", "Variation"]),
        ("sd15", "inpaint", ["Sampler", "LoRAs", "Words", "Variation"]),
        ("sd15", "remove_background", []),
    ],
)
def test_what_is_folded_away_goes_by_task_and_model(model: str, task: str, names: list[str]) -> None:
    panel = ParamPanel(model_card(model), task_named(task))
    assert panel.folds.names == names
    assert panel.folds.opened == []
    panel.folds.opened = names[:1]
    assert panel.folds.opened == names[:1]
    close_all(panel)
