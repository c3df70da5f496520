"""A settings file that anybody wrote keeps nobody out of a Studio."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab import Lab
from tests.endure.forging import Forger
from tests.endure.full import times
from tests.fakes import ScriptedEngine
from widgets import Studio

SETTINGS = ["prompt", "negative_prompt", "seed", "steps", "guidance_scale", "strength", "sketch_strength", "filters"]


@pytest.mark.parametrize("seed", range(times(300, 6)))
def test_a_studio_opens_on_any_settings(tmp_path: Path, seed: int) -> None:
    forger, folder = Forger(seed), tmp_path / "sessions" / "default"
    folder.mkdir(parents=True)
    for name in ("sketch_to_image", "sketch_to_image.starter", "sketch_to_image.begun"):
        values = {forger.one_of(SETTINGS): forger.value() for _ in range(4)}
        if seed % 3 == 0:
            values["filters"] = [
                forger.value(),
                {"name": "grain", "settings": forger.value()},
                {"name": forger.value()},
            ]
        (folder / f"{name}.json").write_text(json.dumps(values if seed % 7 else forger.value()))
    with Lab(home=tmp_path, engine=ScriptedEngine()) as lab:
        studio = Studio(lab)
        studio.begin_with(prompt="an apple")
        assert studio.request().recipe.prompt == "an apple"
        studio.close()
