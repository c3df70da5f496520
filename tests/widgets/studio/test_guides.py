"""Controls and references of a Studio: a list each, in folds, added to what the task is fed from anyway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lab import Lab, Picture, Stroke
from tests.fakes import ScriptedEngine
from tests.widgets.controls import control
from tests.widgets.studio.following import CIRCLE, let_it_follow, until
from widgets import Studio
from widgets.panel.steering import Steer

RED = Picture(np.full((96, 128, 3), (200, 40, 40), np.uint8))


@pytest.fixture
def big(tmp_path: Path) -> Iterator[Lab]:
    """A lab of a model with ControlNets of all kinds and an IP-Adapter."""
    with Lab("sd15", home=tmp_path, engine=ScriptedEngine()) as lab:
        yield lab


def control_there(lab: Lab, studio: Studio, number: int) -> None:
    """Wait for the map of a control of the list."""
    source = studio.guides.lists["Controls"].entries[number].source
    source.preview.on_change(lambda _: None)
    until(lab, lambda: source.preview.map is not None)


def test_a_preset_sets_how_a_sketch_steers_and_from_where_to_where(lab: Lab) -> None:
    studio = Studio(lab)
    studio.canvas.sketch = CIRCLE
    control(studio, "Loose").click()
    (one,) = studio.request().recipe.controls
    assert (one.weight, one.start, one.end) == (0.7, 0.0, 0.5)
    studio.close()


def test_more_controls_come_after_the_sketch_each_with_its_own_weight_and_range(big: Lab) -> None:
    studio = Studio(big)
    studio.live_button.value = False
    studio.canvas.sketch = CIRCLE
    controls = studio.guides.lists["Controls"]
    assert controls.summary == ""
    entry = controls.add()
    entry.source.surfaces[0].background = RED
    control_there(big, studio, 0)
    control(entry.steering, "Weight").value = 0.6
    control(entry.steering, "From, to").value = (0.2, 0.9)
    first, second = studio.request().recipe.controls
    assert first.kind == "lines"
    assert (second.weight, second.start, second.end) == (0.6, 0.2, 0.9)
    assert controls.summary == "1"
    entry.on.value = False
    assert len(studio.request().recipe.controls) == 1
    entry.on.value = True
    studio.close()
    again = Studio(big)
    (back,) = again.guides.lists["Controls"].entries
    assert back.source.surfaces[0].background == RED
    assert back.steering.value == (0.6, 0.2, 0.9)
    again.close()


def test_a_drawing_follows_four_controls_at_most(big: Lab) -> None:
    sketched, plain = Studio(big), Studio(big, "image_to_image")
    for studio, most in ((sketched, 3), (plain, 4)):
        controls = studio.guides.lists["Controls"]
        for _ in range(most):
            assert not controls.add_button.disabled
            controls.add_button.click()
        assert controls.add_button.disabled
        controls.entries[1].remove.click()
        assert [entry.slot for entry in controls.entries] == [1, 3, 4][: most - 1]
        assert not controls.add_button.disabled
        studio.close()


def test_the_map_of_a_picture_is_steered_by_as_well(lab: Lab) -> None:
    studio = Studio(lab, "control_to_image")
    studio.image = RED
    until(lab, lambda: studio.sources[0].preview.map is not None)
    studio.sources[0].steering.value = Steer(0.7, 0.0, 0.5)
    (one,) = studio.request().recipe.controls
    assert (one.weight, one.end) == (0.7, 0.5)
    studio.close()
    again = Studio(lab, "control_to_image")
    assert again.sources[0].steering.value == (0.7, 0.0, 0.5)
    again.close()


def test_references_lend_together(big: Lab) -> None:
    studio = Studio(big, "text_to_image")
    studio.live_button.value = False
    references = studio.guides.lists["References"]
    for colour in (30, 200):
        references.add().source.surfaces[0].background = Picture(np.full((64, 64, 3), colour, np.uint8))
    references.lending.value = {"weight": 0.5, "lends": "composition"}
    let_it_follow(studio)
    asked = studio.request().recipe.references
    assert [(one.weight, one.lends) for one in asked] == [(0.5, "composition")] * 2
    references.entries[0].remove.click()
    assert len(studio.request().recipe.references) == 1
    studio.close()


def test_how_much_a_style_lends_is_set_and_comes_back(big: Lab) -> None:
    studio = Studio(big, "style_transfer")
    studio.live_button.value = False
    studio.image = studio.canvases[1].background = RED
    (usual,) = studio.request().recipe.references
    assert (usual.weight, usual.lends) == (1.0, "style")
    studio.sources[1].lending.value = {"weight": 0.4, "lends": "both"}
    (asked,) = studio.request().recipe.references
    assert (asked.weight, asked.lends) == (0.4, "both")
    studio.close()
    again = Studio(big, "style_transfer")
    assert again.request().recipe.references == (asked,)
    again.close()


def test_a_model_that_can_do_neither_has_no_such_fold(lab: Lab) -> None:
    studio = Studio(lab, "text_to_image")
    assert not {"Controls", "References"} & set(studio.panel.folds.names)
    studio.close()


@pytest.mark.parametrize(
    "kept", [{"Controls": 3}, {"Controls": [7, {"slot": "x"}, {"slot": 99}]}, {"LoRAs": [{"name": 3}]}]
)
def test_a_settings_file_that_says_nonsense_keeps_nobody_out(big: Lab, kept: dict[str, object]) -> None:
    big.autosave.save_settings("sketch_to_image.sd15.aside", kept)
    studio = Studio(big)
    assert studio.guides.lists["Controls"].entries == []
    studio.close()


def test_a_painted_region_has_words_of_its_own_and_comes_back_with_the_session(lab: Lab) -> None:
    drawn = lab.run("text_to_image", prompt="a table").wait(20)
    studio = Studio(lab, "text_to_image")
    regions = studio.guides.lists["Regions"]
    entry = regions.add()
    assert entry.source.surfaces[0].background == drawn.picture.on_white(), "the picture is there to paint over"
    entry.words.value = "a red apple"
    assert not studio.request().recipe.regions, "nothing is painted yet"
    painter = entry.source.surfaces[0]
    painter.draw(Stroke(np.array([(10, 10, 1), (100, 100, 1)], np.float32), size_px=40.0))
    (one,) = studio.request().recipe.regions
    assert one.prompt == "a red apple"
    assert studio.request().pictures[one.picture] == painter.mask.to_picture()
    studio.close()
    again = Studio(lab, "text_to_image")
    assert again.request().recipe.regions == (one,)
    again.guides.lists["Regions"].entries[0].on.value = False
    assert not again.request().recipe.regions
    again.close()
