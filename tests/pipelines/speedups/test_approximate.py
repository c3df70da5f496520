"""The promise: exactness is traded for speed by those who ask for it, who are told the price; all others keep it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lab.core import BadInput, Lora, Stopped
from lab.pipelines.speedups import approximate
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import asked, parameters_of_the_process
from tests.pipelines.reporters import StopAt, Told

MODELS = ("starter", "sd15", "sdxl", "z-image")


@pytest.fixture(autouse=True)
def _quick_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """What traces the layers as the usual compiler does, and then runs them as they are."""
    monkeypatch.setattr(approximate, "_COMPILER", "eager")
    monkeypatch.setenv("CXX", "sh")  # any program: it is looked for, not called
    torch.compiler.reset()


@pytest.mark.parametrize("model", MODELS)
def test_foretold_layers_change_the_picture_a_little_and_leave_no_trace(engine: DrawingEngine, model: str) -> None:
    exact, plan = engine.run(asked(model, steps=8), Told())
    assert plan.note == ""
    traded, plan = engine.run(asked(model, steps=8, acceleration="taylorseer"), Told())
    off = np.abs(exact.pixels.astype(int) - traded.pixels.astype(int)).mean()
    assert 0 < off < 60, f"{off:.1f} levels"
    assert plan.note == "drawn with taylorseer: faster, and not exact"
    engine.forget()
    assert engine.run(asked(model, steps=8), Told())[0] == exact
    assert engine.run(asked(model, steps=8, acceleration="taylorseer"), Told())[0] == traded, (
        "from one drawing to the next"
    )
    loaded = engine.loaded[model]
    backbone = loaded.components[loaded.family.backbone]
    assert not [name for name, module in backbone.named_modules() if "_diffusers_hook" in vars(module)]


def test_half_of_the_layers_runs(engine: DrawingEngine) -> None:
    """Of 12 steps 0, 1, 2, then 4, 7 and 10 run; the rest is foretold."""
    ran: list[int] = []
    engine.run(asked("sd15"), Told())
    layer = engine.loaded["sd15"].components["unet"].mid_block.attentions[0].transformer_blocks[0].attn1
    counting = layer.to_q.register_forward_hook(lambda *_: ran.append(1))
    engine.run(asked("sd15", acceleration="taylorseer", steps=12, scheduler="ddim"), Told())
    counting.remove()
    assert len(ran) == 6


@pytest.mark.parametrize("model", MODELS)
def test_the_compiled_denoiser_draws_the_same_and_the_plain_one_is_still_there(
    engine: DrawingEngine, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a compiler that only traces; the usual one changes the last bits."""
    compiled, compiles = [], torch.nn.Module.compile
    monkeypatch.setattr(torch.nn.Module, "compile", lambda one, **how: compiled.append(one) or compiles(one, **how))
    exact, _ = engine.run(asked(model), Told())
    made, plan = engine.run(asked(model, acceleration="compile"), Told())
    assert made == exact
    assert "drawn with compile" in plan.note
    assert compiled
    assert all(block._compiled_call_impl is None for block in compiled)
    engine.forget()
    assert engine.run(asked(model), Told())[0] == exact


@pytest.mark.parametrize("model", MODELS)
def test_convolutions_in_another_order_are_exact_again_afterwards(engine: DrawingEngine, model: str) -> None:
    exact, _ = engine.run(asked(model, steps=6), Told())
    before = parameters_of_the_process()
    made, plan = engine.run(asked(model, acceleration="channels_last", steps=6), Told())
    assert np.abs(exact.pixels.astype(int) - made.pixels.astype(int)).max() <= 8
    assert "drawn with channels_last" in plan.note
    assert parameters_of_the_process() == before
    family = engine.loaded[model].family
    weights = [
        weight for weight in engine.loaded[model].components[family.backbone].parameters()
        if weight.dim() == 4 and weight.shape[1] > 1 and weight.shape[2] > 1
    ]  # fmt: skip
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)
    assert bool(weights) is (family.backbone == "unet")
    engine.forget()
    assert engine.run(asked(model, steps=6), Told())[0] == exact
    assert all(weight.is_contiguous() for weight in weights)


def test_a_model_that_trades_shares_its_weights_and_its_words_with_the_exact_one(
    engine: DrawingEngine, tiny: dict[str, Path]
) -> None:
    lora = (Lora(name=str(tiny["sd15"] / "ink.safetensors"), weight=0.8),)
    engine.run(asked("sd15", steps=6, loras=lora), Told())
    before = parameters_of_the_process()
    reporter = Told()
    engine.run(asked("sd15", acceleration="taylorseer", steps=6, loras=lora), reporter)
    assert parameters_of_the_process() == before
    assert "loading" not in {stage for stage, _, _ in reporter.stages}
    assert {one.owner for one in engine.memory_report().residents} == {"sd15", "cache"}
    found = {stage.stage: stage.hits for stage in engine.cache_report().stages}
    assert found["words"] == 2, "the prompt and the negative one"


def test_a_cancelled_drawing_leaves_the_denoiser_exact(engine: DrawingEngine) -> None:
    exact, _ = engine.run(asked("sd15", steps=8), Told())
    engine.forget()
    with pytest.raises(Stopped):
        engine.run(asked("sd15", acceleration="taylorseer", steps=8), StopAt("steps", 6))
    assert engine.run(asked("sd15", steps=8), Told())[0] == exact


def test_the_price_is_measured_and_stands_beside_the_pictures_that_follow(engine: DrawingEngine) -> None:
    wanted = asked("sd15", acceleration="taylorseer", steps=8)
    price = engine.price(wanted, Told())
    assert price.exact_s > 0
    assert price.traded_s > 0
    exact, _ = engine.run(asked("sd15", steps=8), Told())
    traded, plan = engine.run(wanted, Told())
    off = np.abs(exact.pixels.astype(int) - traded.pixels.astype(int)).mean()
    assert price.levels_off == pytest.approx(off)
    assert plan.note == f"drawn with taylorseer: {price}"
    assert f"{off:.1f} of 255 levels off on average" in plan.note


def test_measuring_shows_no_previews_which_would_take_a_part_of_the_time(engine: DrawingEngine) -> None:
    reporter = Told()
    engine.price(asked("sd15", acceleration="taylorseer", steps=6), reporter)
    assert ("steps", 6, 6) in reporter.stages
    assert reporter.previews == []


def test_a_measurement_that_is_cancelled_says_no_price(engine: DrawingEngine) -> None:
    with pytest.raises(Stopped):
        engine.price(asked("sd15", acceleration="taylorseer", steps=6), Told(stop_after=8))
    _, plan = engine.run(asked("sd15", acceleration="taylorseer", steps=6), Told())
    assert plan.note == "drawn with taylorseer: faster, and not exact"


def test_an_exact_drawing_has_no_price(engine: DrawingEngine) -> None:
    reporter = Told()
    with pytest.raises(BadInput, match=r"is drawn exactly.*: measure acceleration='taylorseer', for one"):
        engine.price(asked("sd15"), reporter)
    assert reporter.stages == []


def test_a_price_is_that_of_one_model_and_one_acceleration(engine: DrawingEngine) -> None:
    price = engine.price(asked("sd15", acceleration="channels_last"), Told())
    assert (
        f"drawn with channels_last: {price}" in engine.run(asked("sd15", acceleration="channels_last"), Told())[1].note
    )
    assert "faster, and not exact" in engine.run(asked("sd15", acceleration="taylorseer"), Told())[1].note
    assert "faster, and not exact" in engine.run(asked("sdxl", acceleration="channels_last"), Told())[1].note


def test_without_a_compiler_it_is_said_at_the_door(engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    reporter = Told()
    with pytest.raises(BadInput, match=r"compile needs the C\+\+ compiler no-such-compiler: install it"):
        engine.run(asked("starter", acceleration="compile"), reporter)
    assert reporter.stages == []
