"""Qwen-Image-Edit edits as diffusers does, to the bit, with words that were read with the pictures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline, FlowMatchEulerDiscreteScheduler
from diffusers.hooks import apply_layerwise_casting
from diffusers.hooks.group_offloading import ModuleGroup
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as plus
from safetensors.torch import load_file, save_file

from lab.core import BadInput, Lora, Picture, Recipe, Request, Size
from lab.core.recipe import Reference
from lab.pipelines.latent_preview import _chart
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.models.placements import STREAMED, WORDS_STREAMED
from lab.pipelines.models.vae_tiling import pixels_a_latent, tile, tile_px, tile_smaller
from tests.pipelines.bare_diffusers import photo
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.models.test_held_weights import check_counts
from tests.pipelines.reporters import Told

SIZE = Size(64, 64)
OWN, LIGHTNING = {"scheduler": "euler", "guidance_scale": 4.0}, {"scheduler": "euler shift 3", "guidance_scale": 1.0}
CASES = [  # pictures that are seen beside the edited one, a LoRA, and the settings
    (0, False, OWN),
    (1, False, LIGHTNING),
    (0, True, LIGHTNING),
    (1, True, OWN),
]


@pytest.fixture(autouse=True)
def _small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipeline lays each picture over a million pixels; here over fewer, in the lab as in diffusers."""
    monkeypatch.setattr(plus, "VAE_IMAGE_SIZE", 96 * 96)
    monkeypatch.setattr(plus, "CONDITION_IMAGE_SIZE", 112 * 112)


def seen(number: int) -> Picture:
    return Picture(np.random.default_rng(20 + number).integers(0, 256, (80, 64, 3), np.uint8))


def asked(tiny: dict[str, Path], references: int, lora: bool, **changes: Any) -> Request:
    lent, image = [seen(number) for number in range(references)], photo(SIZE)
    settings: dict[str, Any] = {"prompt": "make it red", "negative_prompt": "blue", "seed": 7, "steps": 3, **changes}
    if lora:
        settings["loras"] = (Lora(name=str(tiny["qwen-edit"] / "ink.safetensors"), weight=0.8),)
    settings["references"] = tuple(Reference(picture=one.hash) for one in lent)
    recipe = Recipe(task="edit", model="qwen-edit", image=image.hash, **settings)
    return Request(recipe, {one.hash: one for one in (image, *lent)})


def bare(folder: Path, wanted: Request) -> np.ndarray:
    """The same by diffusers' own pipeline, with everything read anew."""
    recipe = wanted.recipe
    pictures = [recipe.image or "", *(one.picture for one in recipe.references)]
    with quiet_libraries():
        pipe: Any = DiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
        if recipe.scheduler == "euler shift 3":
            shift = {"base_shift": math.log(3), "max_shift": math.log(3), "shift_terminal": None}
            pipe.scheduler = FlowMatchEulerDiscreteScheduler.from_config(pipe.scheduler.config, **shift)
        for lora in recipe.loras:
            pipe.load_lora_weights(lora.name, adapter_name="ink")
            pipe.set_adapters(["ink"], [lora.weight])
        if recipe.precision == "8bit":
            pipe.transformer.enable_layerwise_casting(torch.float8_e4m3fn, torch.float32)
            for layer in pipe.text_encoder.model.language_model.layers:
                apply_layerwise_casting(layer, torch.float8_e4m3fn, torch.float32)
        pipe.set_progress_bar_config(disable=True)
        made = pipe(
            image=[wanted.pictures[one].to_pil() for one in pictures], prompt=recipe.prompt,
            negative_prompt=recipe.negative_prompt if recipe.guidance_scale > 1 else None,
            true_cfg_scale=recipe.guidance_scale, num_inference_steps=recipe.steps, height=SIZE.height,
            width=SIZE.width, generator=torch.Generator("cpu").manual_seed(recipe.seed),
        )  # fmt: skip
        return np.asarray(made.images[0])


@pytest.mark.parametrize(("references", "lora", "settings"), CASES)
def test_the_picture_is_bit_identical_to_a_bare_diffusers_call(
    engine: DrawingEngine, tiny: dict[str, Path], references: int, lora: bool, settings: dict[str, Any]
) -> None:
    wanted = asked(tiny, references, lora, **settings)
    expected = bare(tiny["qwen-edit"], wanted)
    told = Told()
    cold, _ = engine.run(wanted, told)
    assert np.array_equal(cold.pixels, expected), "cold"
    assert {one.size for one in told.previews} == {Size(8, 8)}, "tokens are seen as the picture that they are"
    engine.run(asked(tiny, 1 - references, not lora, **(OWN if settings is LIGHTNING else LIGHTNING)), Told())
    engine.run(Request(Recipe(prompt="a cup", steps=1)), Told())
    engine.forget("denoise", "picture")
    warm, _ = engine.run(wanted, Told())
    assert np.array_equal(warm.pixels, expected), "with warm stages, after another task with another LoRA"


def test_a_lightning_lora_as_its_makers_write_it_counts_as_much(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path
) -> None:
    """By their names of its halves, and with an alpha, by which the weight is divided through the rank."""
    ours = load_file(tiny["qwen-edit"] / "ink.safetensors")
    theirs = {}
    for name, weight in ours.items():
        layer, half, _ = name.removeprefix("transformer.").rsplit(".", 2)
        theirs[f"{layer}.{'lora_down' if half == 'lora_A' else 'lora_up'}.weight"] = weight
        theirs[f"{layer}.alpha"] = torch.tensor(2.0)  # of rank 4
    file = tmp_path / "lightning.safetensors"
    save_file(theirs, file)
    drawn = []
    for lora in (Lora(name=str(file)), Lora(name=str(tiny["qwen-edit"] / "ink.safetensors"), weight=0.5)):
        wanted = asked(tiny, 0, lora=False, loras=(lora,), **LIGHTNING)
        drawn.append(engine.run(wanted, Told())[0])
        assert np.array_equal(drawn[-1].pixels, bare(tiny["qwen-edit"], wanted))
    assert np.abs(drawn[0].pixels.astype(int) - drawn[1].pixels).max() <= 1
    assert drawn[0] != engine.run(asked(tiny, 0, lora=False, **LIGHTNING), Told())[0]


def test_streamed_layers_and_8_bits_draw_what_diffusers_does(
    engine: DrawingEngine, tiny: dict[str, Path], came: list[ModuleGroup]
) -> None:
    wanted = asked(tiny, 1, lora=True, **OWN)
    expected = bare(tiny["qwen-edit"], wanted)
    engine.run(wanted, Told())
    loaded = engine.loaded["qwen-edit"]
    for placement in (WORDS_STREAMED, STREAMED):
        loaded.place(placement)
        loaded.whole_wants_bytes = 2**62  # so that it stays
        engine.forget()
        came.clear()
        assert np.array_equal(engine.run(wanted, Told())[0].pixels, expected), placement.said
        assert came
    loaded.adapters.take_loras_off()
    check_counts(loaded)
    fewer = asked(tiny, 1, lora=True, precision="8bit", **OWN)
    made, _ = engine.run(fewer, Told())
    assert np.array_equal(made.pixels, bare(tiny["qwen-edit"], fewer))
    assert not np.array_equal(made.pixels, expected), "8 bits are fewer"
    held = engine.loaded["qwen-edit"]
    held.adapters.take_loras_off()
    check_counts(held)


def test_taylorseer_foretells_some_of_its_layers(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    plain, _ = engine.run(asked(tiny, 1, lora=True, **{**OWN, "steps": 6}), Told())
    fast, _ = engine.run(asked(tiny, 1, lora=True, acceleration="taylorseer", **{**OWN, "steps": 6}), Told())
    assert fast != plain


def test_words_are_read_with_the_pictures_and_once(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    def misses() -> int:
        return next(stage.misses for stage in engine.cache_report().stages if stage.stage == "words")

    first, _ = engine.run(asked(tiny, 1, lora=False, **OWN), Told())
    assert misses() == 2, "prompt and negative prompt"
    engine.run(asked(tiny, 1, lora=False, **{**OWN, "seed": 8}), Told())
    assert misses() == 2
    alone, _ = engine.run(asked(tiny, 0, lora=False, **OWN), Told())
    assert misses() == 4
    assert alone != first


def test_latents_with_time_are_shown_as_pictures(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    """The map to colours is of the very numbers that a step works on: what they decode to it shows small."""
    engine.run(asked(tiny, 0, lora=False, **LIGHTNING), Told())
    model = engine.loaded["qwen-edit"]
    chart, layout, vae = _chart(64), model.family.latents, model.components["vae"]
    with torch.no_grad():
        encoded = layout.normalised(vae, layout.encoded(vae, chart * 2 - 1))
        step = layout.as_step(encoded)
        assert step.shape == (1, 16, 64)
        assert torch.equal(layout.as_picture(step, SIZE), encoded)
        shown = model.previewer.picture(encoded)
    wanted = torch.nn.functional.adaptive_avg_pool2d(chart, (8, 8))[0].permute(1, 2, 0).numpy() * 255
    alike = np.corrcoef(shown.pixels.ravel(), wanted.ravel())[0, 1]
    assert alike > 0.6, f"correlation {alike:.2f}"


def test_its_autoencoder_works_in_tiles_too(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    engine.run(asked(tiny, 0, lora=False, **LIGHTNING), Told())
    vae = engine.loaded["qwen-edit"].components["vae"]
    assert (pixels_a_latent(vae), tile_px(vae)) == (8, 0)
    assert tile(vae, 256)
    assert tile_px(vae) == 128
    assert not tile_smaller(vae)
    with torch.no_grad():
        assert vae.decode(torch.zeros(1, 16, 1, 32, 24)).sample.shape == (1, 3, 1, 256, 192)


def test_it_draws_nothing_without_a_picture(engine: DrawingEngine) -> None:
    with pytest.raises(BadInput, match="qwen-edit only edits pictures: for text_to_image use starter"):
        engine.run(Request(Recipe(model="qwen-edit", prompt="a cup")), Told())
