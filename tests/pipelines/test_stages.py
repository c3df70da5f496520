"""Stages of the engine: what they hand on to those who work for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lab.core import Picture
from lab.core.catalogue import chosen_model
from lab.core.conditioning import control
from lab.pipelines import stages
from lab.session.requests import requested
from lab.tasks import plan
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told


def test_whoever_makes_a_control_map_hears_whether_it_is_still_wanted(
    engine: DrawingEngine, photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A map may have to fetch its network, for minutes."""
    heard: list[Any] = []
    monkeypatch.setattr(stages, "control_map", lambda *_, reporter, **__: heard.append(reporter) or photo)
    planned = plan(requested(chosen_model("starter"), "control_to_image", controls=[control(photo, "lines")]))
    told = Told()
    with engine.stages(planned.plan, told) as open_stages:
        open_stages.control_map(planned.request.recipe.controls[0], photo, planned.plan)
    assert heard == [told]


def test_a_control_map_in_which_nothing_was_found_is_said(engine: DrawingEngine, photo: Picture) -> None:
    for guide, said in ((Picture(np.full((64, 64, 3), 255, np.uint8)), True), (photo, False)):
        planned = plan(requested(chosen_model("starter"), "control_to_image", controls=[control(guide, "lines")]))
        with engine.stages(planned.plan, Told()) as open_stages:
            open_stages.control_map(planned.request.recipe.controls[0], guide, planned.plan)
            assert any("the control map is empty" in note for note in open_stages.notes) is said
