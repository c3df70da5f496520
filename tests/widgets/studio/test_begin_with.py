"""The promise: a notebook that is run again leaves alone what was typed and painted; one that was changed is obeyed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab import BadInput, Lab, Picture
from tests.fakes import ScriptedEngine
from widgets import Studio

RED = Picture(np.full((96, 128, 3), (200, 40, 40), np.uint8))
BLUE = Picture(np.full((96, 128, 3), (40, 40, 200), np.uint8))


def test_what_was_typed_and_dropped_since_stays_when_the_cell_runs_again(tmp_path: Path) -> None:
    with Lab(home=tmp_path, engine=ScriptedEngine()) as lab:
        studio = Studio(lab, "image_to_image")
        studio.begin_with(image=RED, prompt="a shoe", strength=0.5)
        assert (studio.image, studio.panel.settings["prompt"]) == (RED, "a shoe")
        studio.panel.settings = {"prompt": "a blue shoe"}
        studio.image = BLUE
    with Lab(home=tmp_path, engine=ScriptedEngine()) as lab:
        again = Studio(lab, "image_to_image")
        again.begin_with(image=RED, prompt="a shoe", strength=0.5)
        assert (again.image, again.panel.settings["prompt"]) == (BLUE, "a blue shoe")


def test_a_cell_that_was_changed_is_obeyed_in_what_was_changed(lab: Lab) -> None:
    studio = Studio(lab, "image_to_image")
    studio.begin_with(image=RED, prompt="a shoe", strength=0.5)
    studio.panel.settings = {"strength": 0.9}
    studio.begin_with(image=BLUE, prompt="a boot", strength=0.5)
    assert (studio.image, studio.panel.settings["prompt"]) == (BLUE, "a boot")
    assert studio.panel.settings["strength"] == 0.9
    studio.begin_with(image=BLUE, prompt="a boot", strength=0.4)
    assert studio.panel.settings["strength"] == 0.4


def test_a_canvas_that_was_emptied_gets_its_picture_again(lab: Lab) -> None:
    studio = Studio(lab, "image_to_image")
    studio.begin_with(image=RED)
    studio.image = None
    studio.begin_with(image=RED)
    assert studio.image == RED


def test_the_second_picture_is_named_by_its_use(lab: Lab) -> None:
    studio = Studio(lab, "product_shot")
    studio.begin_with(image=RED, scene=BLUE, x=0.8)
    assert [canvas.background for canvas in studio.canvases] == [RED, BLUE]
    assert studio.panel.settings["x"] == 0.8


def test_what_a_task_does_not_know_is_refused_and_nothing_is_begun(lab: Lab) -> None:
    studio = Studio(lab, "image_to_image")
    with pytest.raises(BadInput, match="scene"):
        studio.begin_with(image=RED, scene=BLUE, prompt="a shoe")
    assert (studio.image, studio.panel.settings["prompt"]) == (None, "")
