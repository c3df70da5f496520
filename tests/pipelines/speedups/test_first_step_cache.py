"""The promise: a first step that is known is not drawn again, and every picture stays as it would be from nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    ControlNetModel,
    ControlNetUnionModel,
    UNet2DConditionModel,
    ZImageControlNetModel,
    ZImageTransformer2DModel,
)

from lab.core import Lora, Mask, Picture, Request, Stopped
from lab.pipelines.memory.stage_cache import Room, StageCache
from lab.pipelines.speedups import first_step_cache
from lab.pipelines.speedups.first_step_cache import FIRST_STEP, content_of, first_step_kept
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import PHOTO, asked
from tests.pipelines.reporters import StopAt, Told

STEERED = "control_to_image"
STEPS = 4


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each kind of network really ran."""
    counted: Counter[str] = Counter()
    kinds = (
        ControlNetModel,
        ControlNetUnionModel,
        ZImageControlNetModel,
        UNet2DConditionModel,
        ZImageTransformer2DModel,
    )
    for kind in kinds:

        def forward(network: Any, *args: Any, run: Any = kind.forward, **settings: Any) -> Any:
            counted[type(network).__name__] += 1
            return run(network, *args, **settings)

        monkeypatch.setattr(kind, "forward", forward)
    return counted


def drawn(engine: DrawingEngine, wanted: Request) -> Picture:
    return engine.run(wanted, Told())[0]


def from_nothing(engine: DrawingEngine, wanted: Request) -> Picture:
    engine.forget()
    return drawn(engine, wanted)


@pytest.mark.parametrize(
    ("model", "task", "kinds", "networks"),
    [
        ("starter", "text_to_image", (), {"UNet2DConditionModel"}),
        ("sd15", STEERED, ("lines", "depth"), {"UNet2DConditionModel", "ControlNetModel"}),
        ("sdxl", STEERED, ("openpose", "canny"), {"UNet2DConditionModel", "ControlNetUnionModel"}),
        ("sdxl", "image_to_image", (), {"UNet2DConditionModel"}),
        ("z-image", "text_to_image", (), {"ZImageTransformer2DModel"}),
        ("z-image", STEERED, ("lines", "depth"), {"ZImageTransformer2DModel", "ZImageControlNetModel"}),
    ],
)
def test_another_guidance_scale_goes_on_from_the_first_step(
    engine: DrawingEngine, calls: Counter[str], model: str, task: str, kinds: tuple[str, ...], networks: set[str]
) -> None:
    steps = STEPS if task != "image_to_image" else 6  # of which 0.7 are drawn
    first = drawn(engine, asked(model, task, kinds, steps=steps, guidance_scale=3.0))
    cold = Counter(calls)
    calls.clear()
    wanted = asked(model, task, kinds, steps=steps, guidance_scale=9.0)
    warm = drawn(engine, wanted)
    assert set(calls) == networks
    assert all(calls[network] * STEPS == cold[network] * (STEPS - 1) for network in networks), (cold, calls)
    assert warm != first
    assert warm == from_nothing(engine, wanted)


def test_a_soft_mask_that_is_painted_on_goes_on_from_the_first_step(engine: DrawingEngine, calls: Counter[str]) -> None:
    """The part that is drawn stays the same; what the mask keeps of the picture comes after the network."""
    grey = np.full((512, 512), 90, np.uint8)
    grey[200:300, 200:300] = 255
    pixels = (grey, np.where(grey == 90, 140, grey).astype(np.uint8))
    masks = [Mask(one).to_picture() for one in pixels]

    def wanted(mask: Picture) -> Request:
        plain = asked("starter", "inpaint", steps=6)
        return Request(plain.recipe.changed(mask=mask.hash), {PHOTO.hash: PHOTO, mask.hash: mask})

    first = drawn(engine, wanted(masks[0]))
    cold = calls.total()
    calls.clear()
    warm = drawn(engine, wanted(masks[1]))
    assert calls.total() == cold - 1
    assert warm != first
    assert warm == from_nothing(engine, wanted(masks[1]))


def test_whatever_the_first_step_listens_to_draws_it_again(
    engine: DrawingEngine, tiny: dict[str, Path], calls: Counter[str]
) -> None:
    lora = str(tiny["sd15"] / "ink.safetensors")
    plain = {"steps": STEPS}
    changes: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        ((), plain),
        ((), {**plain, "seed": 3}),
        ((), {**plain, "prompt": "a blue pear"}),
        ((), {**plain, "negative_prompt": "a frame"}),
        ((), {**plain, "guidance_scale": 1.0}),  # without a negative prompt
        ((), {**plain, "width": 128}),
        ((), {**plain, "loras": (Lora(name=lora, weight=1.0),)}),
        ((), {**plain, "loras": (Lora(name=lora, weight=0.5),)}),
        ((), {**plain, "lent": PHOTO}),
        (("lines",), plain),
        (("depth",), plain),
    ]
    seen = []
    for kinds, settings in changes:
        calls.clear()
        seen.append(drawn(engine, asked("sd15", STEERED if kinds else "text_to_image", kinds, **settings)))
        assert calls["UNet2DConditionModel"] == STEPS, (kinds, settings)
    for warm, (kinds, settings) in zip(seen, changes, strict=True):
        assert warm == from_nothing(engine, asked("sd15", STEERED if kinds else "text_to_image", kinds, **settings))


@pytest.mark.parametrize("room", [0, 2**30])
def test_a_heavy_answer_is_made_anew(
    engine: DrawingEngine, calls: Counter[str], monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(first_step_cache, "_ROOM", Room(4, room))
    for guidance_scale in (3.0, 9.0):
        calls.clear()
        warm = drawn(engine, asked("sd15", STEERED, ("lines",), steps=STEPS, guidance_scale=guidance_scale))
    assert set(calls.values()) == {STEPS - bool(room)}
    held = {stage.stage: stage.entries for stage in engine.cache_report().stages}
    assert held[FIRST_STEP] == (2 if room else 0)
    assert warm == from_nothing(engine, asked("sd15", STEERED, ("lines",), steps=STEPS, guidance_scale=9.0))


def test_a_trade_draws_every_step_by_itself(engine: DrawingEngine, calls: Counter[str]) -> None:
    drawn(engine, asked("sd15", steps=6))
    for guidance_scale in (3.0, 9.0):
        calls.clear()
        drawn(engine, asked("sd15", acceleration="taylorseer", steps=6, guidance_scale=guidance_scale))
        assert calls["UNet2DConditionModel"] == 6


def test_a_drawing_cancelled_after_its_first_step_goes_on_from_there(
    engine: DrawingEngine, calls: Counter[str]
) -> None:
    with pytest.raises(Stopped):
        engine.run(asked("sd15", steps=STEPS), StopAt("steps", 2))  # the first word says that they begin
    calls.clear()
    drawn(engine, asked("sd15", steps=STEPS))
    assert calls["UNet2DConditionModel"] == STEPS - 1


class Doubled(torch.nn.Module):
    """Twice what it is given, and how often it was asked."""

    asked = 0

    def forward(self, given: torch.Tensor, extra: Any = None) -> tuple[torch.Tensor]:  # noqa: ARG002 - for its name
        self.asked += 1
        return (given * 2,)


def test_nobody_can_spoil_what_is_kept() -> None:
    network, cache, given = Doubled(), StageCache(), torch.arange(4.0)
    for _ in range(3):
        with first_step_kept((network,), (), cache):
            (answer,) = network(given)
        assert answer.tolist() == [0, 2, 4, 6]
        answer.zero_()
    assert network.asked == 1
    assert "forward" not in vars(network)


def test_only_the_first_call_is_kept_and_only_for_the_same_values() -> None:
    network, cache = Doubled(), StageCache()
    values = (torch.zeros(4), torch.zeros(2, 2), torch.zeros(4).bfloat16(), torch.ones(4), torch.tensor(0.0))
    for count, given in enumerate(values, 1):
        with first_step_kept((network, None), (), cache):
            network(given)
        assert network.asked == count
    with first_step_kept((network,), ("another LoRA",), cache):
        network(values[0])
    assert network.asked == len(values) + 1
    with first_step_kept((network,), (), cache):
        network(values[-1])
        network(values[-1])
    assert network.asked == len(values) + 2


def test_what_has_no_name_is_not_kept() -> None:
    network, cache = Doubled(), StageCache()
    for _ in range(2):
        with first_step_kept((network,), (), cache):
            network(torch.zeros(4), extra=object())
    assert network.asked == 2
    assert cache.report().entries == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool])
def test_the_name_of_a_tensor_says_its_values(dtype: torch.dtype) -> None:
    ones = torch.ones(3, 5).to(dtype)
    other = ones.clone()
    other[2, 4] = 0
    assert content_of(ones) == content_of(ones.T.contiguous().T)
    assert content_of(ones) != content_of(other)
    assert content_of(ones[0, 0]) != content_of(other[2, 4])
