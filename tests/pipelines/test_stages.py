"""Stages of the engine: what they hand on to those who work for them."""

from __future__ import annotations

from typing import Any

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
