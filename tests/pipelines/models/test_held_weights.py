"""The promise: however a model lies, it draws as diffusers does, with the same parts in 8 bits where it has any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DiffusionPipeline
from diffusers.hooks import apply_layerwise_casting
from diffusers.hooks.group_offloading import ModuleGroup

from lab.core import BadInput, Request
from lab.core.cards import precisions
from lab.core.catalogue import CATALOGUE, chosen_model
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.models import choice
from lab.pipelines.models.loaded_model import LoadedModel
from lab.pipelines.models.placements import (
    STREAMED,
    WHOLE,
    WHOLE_IN_8_BITS,
    WORDS_STREAMED,
    WORDS_STREAMED_IN_8_BITS,
    Placement,
    device_bytes,
)
from tests.pipelines import test_klein
from tests.pipelines.bare_diffusers import asked, bare
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import parameters_of_the_process
from tests.pipelines.reporters import Told

pytestmark = pytest.mark.usefixtures("_bare_task")
FLOAT8, FLOAT32 = torch.float8_e4m3fn, torch.float32
BACKBONES = {"klein": "transformer", "z-image": "transformer", "sdxl": "unet"}


def wanted(tiny: dict[str, Path], model: str, *, lora: bool, **changes: Any) -> Request:
    """A drawing from words; of Z-Image with a control, whose network borrows layers."""
    if model == "klein":
        return test_klein.asked(tiny, model, "words", 1, lora, **changes)
    return asked(tiny, model, "words", int(model == "z-image"), lora, **changes)


def exact(tiny: dict[str, Path], request: Request) -> np.ndarray:
    model = request.recipe.model
    return test_klein.bare(tiny[model], request, "words") if model == "klein" else bare(tiny, request, "words")


def in_eight_bits(folder: Path, request: Request) -> np.ndarray:
    """The same by diffusers alone: the LoRA is put on first, then weights are held in 8 bits."""
    recipe = request.recipe
    with quiet_libraries():
        pipe: Any = DiffusionPipeline.from_pretrained(folder, dtype=FLOAT32)
        pipe.set_progress_bar_config(disable=True)
        for lora in recipe.loras:
            pipe.load_lora_weights(lora.name, adapter_name="ink")
            pipe.set_adapters(["ink"], [lora.weight])
        backbone = getattr(pipe, BACKBONES[recipe.model])
        backbone.enable_layerwise_casting(FLOAT8, FLOAT32)
        for encoder in (pipe.components.get("text_encoder"), pipe.components.get("text_encoder_2")):
            rows = [one for name, one in encoder.named_modules() if name.endswith("layers")] if encoder else []
            for layer in (layer for row in rows for layer in row):
                apply_layerwise_casting(layer, FLOAT8, FLOAT32)
        size = CATALOGUE[recipe.model].native
        more: dict[str, Any] = {"negative_prompt": recipe.negative_prompt or None}
        if recipe.model == "sdxl":
            pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
        else:
            more = {"image": [request.pictures[one.picture].to_pil() for one in recipe.references]}
        made = pipe(
            prompt=recipe.prompt, num_inference_steps=recipe.steps, height=size.height, width=size.width,
            guidance_scale=recipe.guidance_scale or CATALOGUE[recipe.model].guidance_scale,
            generator=torch.Generator("cpu").manual_seed(recipe.seed), **more,
        )  # fmt: skip
        return np.asarray(made.images[0])


def check_counts(model: LoadedModel) -> None:
    """What the budget was told is what the tensors hold, and what was foretold of a model without weights."""
    networks = [part for part in model.components.values() if isinstance(part, torch.nn.Module)]
    held = sum({id(one): one.nbytes for part in networks for one in part.parameters()}.values())
    lying = model.parts.lying
    said = sum([*lying.there.values(), *lying.elsewhere.values()])
    assert abs(said - held) <= held // 100, (said, held)
    path = Path(str(model.card.repo))
    foretold = choice.room_for(model.card, path, model.dtype, model.memory).sizes
    tables = max((one.largest_table for one in foretold[model.parts.placement.bits].values()), default=0)
    takes = sum(lying.there.values()) + lying.largest_layer
    assert abs(device_bytes(foretold, model.parts.placement, tables) - takes) <= takes // 100


@pytest.mark.parametrize("model", list(BACKBONES))
def test_streamed_layers_draw_what_diffusers_does_to_the_bit(
    engine: DrawingEngine, tiny: dict[str, Path], came: list[ModuleGroup], model: str
) -> None:
    plain, inked = (wanted(tiny, model, lora=lora, steps=2) for lora in (False, True))
    expected = {one.recipe.hash: exact(tiny, one) for one in (plain, inked)}
    engine.run(plain, Told())
    loaded = engine.loaded[model]
    for placement in (WORDS_STREAMED, STREAMED, WHOLE):
        engine.loaded[model].place(placement)
        loaded.whole_wants_bytes = 2**62  # so that it stays
        for request in (inked, plain, inked):
            engine.forget()
            came.clear()
            picture, _ = engine.run(request, Told())
            assert np.array_equal(picture.pixels, expected[request.recipe.hash]), (placement, request.recipe.loras)
            assert bool(came) == bool(placement.streamed)
        assert engine.loaded[model] is loaded
    loaded.adapters.take_loras_off()
    check_counts(loaded)


@pytest.mark.parametrize("model", ["klein", "sdxl"])
def test_in_8_bits_it_draws_what_diffusers_does_with_the_same_parts_in_them(
    engine: DrawingEngine, tiny: dict[str, Path], model: str
) -> None:
    plain, inked = (wanted(tiny, model, lora=lora, precision="8bit") for lora in (False, True))
    expected = {one.recipe.hash: in_eight_bits(tiny[model], one) for one in (plain, inked)}
    for request in (plain, inked, plain):
        engine.forget()
        picture, plan = engine.run(request, Told())
        assert np.array_equal(picture.pixels, expected[request.recipe.hash]), request.recipe.loras
        assert plan.recipe.precision == "8bit"
    loaded = engine.loaded[model]
    loaded.adapters.take_loras_off()
    check_counts(loaded)
    assert not np.array_equal(picture.pixels, exact(tiny, plain)), "8 bits are fewer"


def test_in_8_bits_with_the_layers_that_read_words_streamed_it_is_the_same_picture(
    engine: DrawingEngine, tiny: dict[str, Path], came: list[ModuleGroup]
) -> None:
    request = wanted(tiny, "klein", lora=True, precision="8bit")
    engine.run(request, Told())
    loaded = engine.loaded["klein"]
    loaded.place(WORDS_STREAMED_IN_8_BITS)
    loaded.whole_wants_bytes = 2**62  # so that it stays
    engine.forget()
    picture, _ = engine.run(request, Told())
    assert engine.loaded["klein"] is loaded
    assert came, "the layers came one by one"
    assert np.array_equal(picture.pixels, in_eight_bits(tiny["klein"], request))
    loaded.adapters.take_loras_off()
    check_counts(loaded)


@pytest.mark.usefixtures("_new_objects")
def test_another_precision_leaves_no_second_copy(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    before, held = parameters_of_the_process(), []
    for seed, precision in enumerate(("exact", "8bit", "exact", "8bit")):
        engine.run(wanted(tiny, "sdxl", lora=False, precision=precision, seed=seed), Told())
        held.append(parameters_of_the_process() - before)
        assert held[-1] == sum(one.bytes for one in engine.memory_report().residents if one.owner == "sdxl")
    assert held[:2] == held[2:]
    assert held[1] < 0.7 * held[0]


FITS = [  # what is free beside the room for work, by what it must hold
    (WHOLE, "exact"),
    (WHOLE_IN_8_BITS, "8bit"),
]


@pytest.mark.parametrize(("fitting", "used"), FITS)
def test_auto_takes_what_fits_and_the_picture_says_what_was_used(
    engine: DrawingEngine, tiny: dict[str, Path], fitting: Placement, used: str
) -> None:
    request = wanted(tiny, "sdxl", lora=False, precision="auto")
    card = CATALOGUE["sdxl"]
    room = choice.room_for(card, Path(str(card.repo)), FLOAT32, MemoryBudget(engine.device, engine.cache))
    small = DrawingEngine("cpu", memory_bytes=room.needs(fitting))
    picture, plan = small.run(request, Told())
    assert plan.recipe.precision == used
    again = DrawingEngine("cpu").run(Request(plan.recipe, request.pictures), Told())[0]
    assert again == picture, "its recipe says all that it takes"
    assert ("in 8 bits: " in plan.note) == (used == "8bit"), plan.note


def test_a_precision_that_cannot_be_had_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="there is no precision '9bit'"):
        chosen_model("klein", precision="9bit")
    monkeypatch.setattr(precisions, "find_spec", lambda _: None)
    with pytest.raises(BadInput, match=r"GGUF file by the package gguf, which is not installed.*precision='8bit'"):
        chosen_model("klein", precision="4bit")
    with pytest.raises(BadInput, match=r"no 8-bit numbers.*on mps"):
        choice.ways_of("8bit", torch.device("mps"))
