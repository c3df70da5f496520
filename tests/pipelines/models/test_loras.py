"""The promise: LoRAs are drawn with as diffusers does, each by its weight, and leave without a trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from lab.core import Lora, Request
from tests.pipelines.bare_diffusers import asked, bare
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

pytestmark = pytest.mark.usefixtures("_bare_task")


@pytest.mark.parametrize("model", ["starter", "sd15", "sdxl", "z-image"])
def test_several_at_once_are_what_diffusers_makes_of_them(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, model: str
) -> None:
    own = tiny[model] / "ink.safetensors"
    other = tmp_path / "wash.safetensors"
    torch.manual_seed(5)
    save_file({name: torch.randn_like(weight) * 0.2 for name, weight in load_file(own).items()}, other)
    first, second = Lora(name=str(own), weight=0.8), Lora(name=str(other), weight=-0.5)
    plain = asked(tiny, model, "words", 0, lora=False)
    made = []
    for loras in ((second,), (first, second)):
        wanted = Request(plain.recipe.changed(loras=loras), plain.pictures)
        picture, _ = engine.run(wanted, Told())
        assert np.array_equal(picture.pixels, bare(tiny, wanted, "words")), [lora.weight for lora in loras]
        made.append(picture)
    assert made[0] != made[1]
    engine.loaded[model].adapters.take_loras_off()
    engine.forget()
    picture, _ = engine.run(plain, Told())
    assert np.array_equal(picture.pixels, bare(tiny, plain, "words")), "after they were taken off"


def test_a_loras_weight_counts_and_it_leaves_without_a_trace(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    plain, inked = (asked(tiny, "sd15", "words", 0, lora=lora) for lora in (False, True))
    before, _ = engine.run(plain, Told())
    styled, _ = engine.run(inked, Told())
    (lora,) = inked.recipe.loras
    light = Request(inked.recipe.changed(loras=(lora.changed(weight=0.1),)))
    lightly, _ = engine.run(light, Told())
    assert len({before, styled, lightly}) == 3
    engine.forget()
    unet = engine.loaded["sd15"].components["unet"]
    assert engine.run(plain, Told())[0] == before, "while it rests"
    engine.forget()
    assert engine.run(inked, Told())[0] == styled, "awake again"
    engine.loaded["sd15"].adapters.take_loras_off()
    assert not any("lora" in name for name, _ in unet.named_modules())
