"""The promise: a model that was trained to fill masks does so exactly as with diffusers, and draws without one too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    ControlNetModel,
    DDIMScheduler,
    DiffusionPipeline,
    StableDiffusionControlNetInpaintPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionXLControlNetInpaintPipeline,
    StableDiffusionXLInpaintPipeline,
)
from PIL import Image

from lab.core import Lora, Mask, Picture, Recipe, Request, control
from lab.core.catalogue import CATALOGUE
from lab.pipelines.library_logging import quiet_libraries
from lab.preprocessors import control_map
from tests.pipelines.bare_diffusers import SKETCH, hard_mask, photo
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told
from tests.pipelines.tiny import CONTROL

pytestmark = pytest.mark.usefixtures("_bare_task")
MODELS = ("sd15-inpaint", "sdxl-inpaint")
PIPELINES: dict[tuple[str, bool], Any] = {
    ("sd15-inpaint", False): StableDiffusionInpaintPipeline,
    ("sd15-inpaint", True): StableDiffusionControlNetInpaintPipeline,
    ("sdxl-inpaint", False): StableDiffusionXLInpaintPipeline,
    ("sdxl-inpaint", True): StableDiffusionXLControlNetInpaintPipeline,
}


def filled(folder: Path, wanted: Request) -> np.ndarray:
    """The same by diffusers alone; all of a black picture is filled where there is no other."""
    recipe = wanted.recipe
    size = CATALOGUE[recipe.model].native
    extra: dict[str, Any] = {}
    arguments: dict[str, Any] = {}
    with quiet_libraries():
        pipe = DiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
        pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
        if recipe.controls:
            (one,) = recipe.controls
            extra["controlnet"] = ControlNetModel.from_pretrained(folder / CONTROL)
            arguments["control_image"] = control_map("lines", wanted.pictures[one.picture], size, {}).to_pil()
            arguments["controlnet_conditioning_scale"] = one.weight
        pipe = PIPELINES[recipe.model, bool(recipe.controls)](**pipe.components, **extra)
        for lora in recipe.loras:
            pipe.load_lora_weights(lora.name, adapter_name="ink")
            pipe.set_adapters(["ink"], [lora.weight])
        pipe.set_progress_bar_config(disable=True)
        shape = (size.width, size.height)
        image = wanted.pictures[recipe.image].to_pil() if recipe.image else Image.new("RGB", shape)
        mask = Mask.of(wanted.pictures[recipe.mask]).to_pil() if recipe.mask else Image.new("L", shape, 255)
        made = pipe(
            prompt=recipe.prompt, negative_prompt=recipe.negative_prompt, image=image, mask_image=mask,
            height=size.height, width=size.width, strength=recipe.strength or 1.0, num_inference_steps=recipe.steps,
            guidance_scale=CATALOGUE[recipe.model].guidance_scale,
            generator=torch.Generator("cpu").manual_seed(recipe.seed), **arguments,
        )  # fmt: skip
        return np.asarray(made.images[0])


def asked(model: str, task: str, *, controls: bool = False, **changes: Any) -> Request:
    size = CATALOGUE[model].native
    image, mask = photo(size), hard_mask(size).to_picture()
    settings: dict[str, Any] = {"prompt": "a red apple", "negative_prompt": "blue", "seed": 7, "steps": 4, **changes}
    pictures: dict[str, Picture] = {}
    if task != "text_to_image":
        pictures[image.hash] = image
        settings["image"] = image.hash
    if task == "bare_inpaint":
        pictures[mask.hash] = mask
        settings["mask"] = mask.hash
    if controls:
        guide = control(SKETCH, weight=0.7)
        pictures[guide.picture.hash] = guide.picture
        settings["controls"] = (guide.value,)
    return Request(Recipe(task=task, model=model, **settings), pictures)


@pytest.mark.parametrize(  # every pair of two of these
    ("model", "strength", "controls"),
    [("sd15-inpaint", 0.6, True), ("sd15-inpaint", 1.0, False), ("sdxl-inpaint", 0.6, False),
     ("sdxl-inpaint", 1.0, True)],
)  # fmt: skip
def test_a_masked_part_is_filled_as_diffusers_fills_it(
    engine: DrawingEngine, tiny: dict[str, Path], model: str, strength: float, controls: bool
) -> None:
    lora = (Lora(name=str(tiny[model] / "ink.safetensors"), weight=0.8),) if strength == 1 else ()
    wanted = asked(model, "bare_inpaint", controls=controls, strength=strength, loras=lora)
    expected = filled(tiny[model], wanted)
    cold, _ = engine.run(wanted, Told())
    assert np.array_equal(cold.pixels, expected), "cold"
    engine.run(asked(model, "text_to_image"), Told())
    engine.forget("denoise", "picture")
    warm, _ = engine.run(wanted, Told())
    assert np.array_equal(warm.pixels, expected), "with warm stages, after another task"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("task", ["text_to_image", "image_to_image"])
def test_without_a_mask_all_of_the_picture_is_filled(
    engine: DrawingEngine, tiny: dict[str, Path], model: str, task: str
) -> None:
    wanted = asked(model, task, **({"strength": 0.6} if task == "image_to_image" else {}))
    made, _ = engine.run(wanted, Told())
    assert np.array_equal(made.pixels, filled(tiny[model], wanted))


@pytest.mark.parametrize("model", MODELS)
def test_the_inpaint_task_keeps_every_pixel_outside_the_mask(engine: DrawingEngine, model: str) -> None:
    wanted = asked(model, "bare_inpaint", strength=1.0)
    recipe = wanted.recipe.changed(task="inpaint", settings={"feather_px": 0, "grow_px": 0, "match_colours": False})
    before = wanted.pictures[recipe.image or ""].pixels
    made, _ = engine.run(Request(recipe, wanted.pictures), Told())
    masked = hard_mask(made.size).pixels > 0
    assert np.array_equal(made.pixels[~masked], before[~masked])
    assert (made.pixels[masked] != before[masked]).any()
