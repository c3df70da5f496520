"""The promise: what no step changes is worked out once a drawing, and nothing of that stays behind."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.controlnets.controlnet import ControlNetConditioningEmbedding

from lab.core import Lora, Stopped
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import asked
from tests.pipelines.reporters import StopAt, Told

STEERED = "control_to_image"


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often each layer really ran, by its identity."""
    counted: Counter[int] = Counter()
    for kind in (torch.nn.Linear, ControlNetConditioningEmbedding):

        def forward(layer: Any, given: torch.Tensor, run: Any = kind.forward) -> torch.Tensor:
            counted[id(layer)] += 1
            return run(layer, given)

        monkeypatch.setattr(kind, "forward", forward)
    return counted


def networks(engine: DrawingEngine, model: str) -> list[torch.nn.Module]:
    loaded = engine.loaded[model]
    return [loaded.components["unet"], *loaded.controls.nets.values()]


def unchanging(network: torch.nn.Module) -> list[torch.nn.Module]:
    """By diffusers' own names: keys and values of the words, and what is made of a control's picture."""
    ends = (".attn2.to_k", ".attn2.to_v", "controlnet_cond_embedding")
    return [module for name, module in network.named_modules() if name.endswith(ends)]


@pytest.mark.parametrize("task", [STEERED, "image_to_image", "inpaint"])
@pytest.mark.parametrize(
    ("model", "kinds"), [("starter", ("lines",)), ("sd15", ("lines", "depth")), ("sdxl", ("lines",))]
)
def test_it_is_worked_out_once_a_drawing(
    engine: DrawingEngine, worked_out: Counter[int], model: str, kinds: tuple[str, ...], task: str
) -> None:
    engine.run(asked(model, task, kinds, steps=5), Told())
    worked_out.clear()
    engine.run(asked(model, task, kinds, steps=5, seed=3), Told())
    layers = [layer for network in networks(engine, model) for layer in unchanging(network)]
    assert len(layers) > 5 * len(kinds)
    assert {worked_out[id(layer)] for layer in layers} == {1}


def test_two_pictures_of_one_union_model_are_worked_out_once_each(
    engine: DrawingEngine, worked_out: Counter[int]
) -> None:
    engine.run(asked("sdxl", STEERED, ("openpose", "canny"), steps=4), Told())
    (union,) = engine.loaded["sdxl"].controls.nets.values()
    assert worked_out[id(union.controlnet_cond_embedding)] == 2


def test_nothing_of_it_stays_behind(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    """Neither after a picture, nor with a LoRA on the very layers, nor after a cancelled one."""
    lora = (Lora(name=str(tiny["sd15"] / "ink.safetensors")),)
    first, _ = engine.run(asked("sd15", STEERED, ("lines",), steps=4), Told())
    engine.run(asked("sd15", STEERED, ("lines",), steps=4, loras=lora), Told())
    with pytest.raises(Stopped):
        engine.run(asked("sd15", STEERED, ("lines",), steps=4, seed=2), StopAt("steps", 3))
    layers = [module for network in networks(engine, "sd15") for module in network.modules()]
    assert not [layer for layer in layers if "forward" in vars(layer)]
    engine.forget()
    assert engine.run(asked("sd15", STEERED, ("lines",), steps=4), Told())[0] == first


def test_other_words_are_other_keys(engine: DrawingEngine, worked_out: Counter[int]) -> None:
    engine.run(asked("sd15", steps=4), Told())
    worked_out.clear()
    engine.run(asked("sd15", steps=4, prompt="a blue pear"), Told())
    (unet,) = networks(engine, "sd15")
    assert {worked_out[id(layer)] for layer in unchanging(unet)} == {1}
