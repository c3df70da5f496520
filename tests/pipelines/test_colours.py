"""A drawing that starts from colours is what diffusers draws from that picture, with areas held by hand for so long."""

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
    StableDiffusionControlNetImg2ImgPipeline,
    StableDiffusionXLControlNetImg2ImgPipeline,
)

from lab.core import Mask, Picture, Recipe, Request, Sketch, control, rasterise
from lab.core.catalogue import CATALOGUE
from lab.core.raster import drawn
from lab.pipelines.library_logging import quiet_libraries
from lab.preprocessors import control_map
from lab.tasks._colours import start_of
from tests.pipelines.bare_diffusers import bare
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told
from tests.pipelines.tiny import CONTROL

STEPS, SEED = 5, 7
FILLED = drawn(Sketch().circle(256, 256, 150).polygon([(60, 60), (400, 80), (300, 460)], colour="#1a73e8"))
PIPES = {"sd15": StableDiffusionControlNetImg2ImgPipeline, "sdxl": StableDiffusionXLControlNetImg2ImgPipeline}


def asked(model: str, **changes: Any) -> Request:
    guide = control(FILLED.lines, weight=0.7)
    assert FILLED.colours is not None
    settings = {"prompt": "a red apple", "negative_prompt": "blue", "seed": SEED, "steps": STEPS, **changes}
    recipe = Recipe(
        task="sketch_to_image", model=model, controls=(guide.value,), colours=FILLED.colours.hash, **settings
    )
    return Request(recipe, {guide.picture.hash: guide.picture, FILLED.colours.hash: FILLED.colours})


class _Held:
    """diffusers' callback that puts the noised picture back, in each area for its share of the steps."""

    def __init__(self, pipe: Any, start: Picture, mask: Mask) -> None:
        draw = torch.Generator("cpu").manual_seed(SEED)
        with torch.no_grad():
            encoded = pipe.vae.encode(pipe.image_processor.preprocess(start.to_pil()))
        dist = getattr(encoded, "latent_dist", None)
        self.picture = (encoded.latents if dist is None else dist.sample(draw)) * pipe.vae.config.scaling_factor
        self.noise = torch.randn(self.picture.shape, generator=draw)
        height, width = self.picture.shape[-2:]
        free = mask.pixels.reshape(height, mask.size.height // height, width, mask.size.width // width).max((1, 3))
        self.kept = 1 - torch.from_numpy(free.astype(np.float32) / 255)

    def __call__(self, pipe: Any, step: int, _timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
        made, known = step + 1, self.picture
        if made < STEPS:
            known = pipe.scheduler.add_noise(self.picture, self.noise, pipe.scheduler.timesteps[made : made + 1])
        return {"latents": torch.where(self.kept >= made / STEPS, known, values["latents"])}


@pytest.mark.parametrize(("model", "strength"), [("starter", 0.7), ("sd15", 0.3), ("sd15", 1.0), ("sdxl", 0.7)])
def test_the_picture_is_that_of_diffusers_with_its_areas_held(
    engine: DrawingEngine, tiny: dict[str, Path], model: str, strength: float
) -> None:
    wanted, card, folder = asked(model, colour_strength=strength), CATALOGUE[model], tiny[model]
    assert FILLED.colours is not None
    start = start_of(FILLED.colours, strength, card.native)
    assert start is not None
    with quiet_libraries():
        pipe = DiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
        net = ControlNetModel.from_pretrained(folder / CONTROL)
        pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
        pipe = PIPES["sdxl" if model == "sdxl" else "sd15"](**pipe.components, controlnet=net)
        pipe.set_progress_bar_config(disable=True)
        lines = control_map("lines", FILLED.lines, card.native, {}).to_pil()
        expected = pipe(
            prompt="a red apple", negative_prompt="blue", image=start.picture.to_pil(), control_image=lines,
            strength=1.0, num_inference_steps=STEPS, guidance_scale=card.guidance_scale,
            controlnet_conditioning_scale=0.7, generator=torch.Generator("cpu").manual_seed(SEED),
            callback_on_step_end=_Held(pipe, *start),
        ).images[0]  # fmt: skip
    for state in ("cold", "warm"):
        made, _ = engine.run(wanted, Told())
        off = np.abs(made.pixels.astype(int) - np.asarray(expected))
        assert off.max() == 0, f"{state}: {(off > 0).mean():.1%} of the values differ, by {off.max()} at most"
        engine.forget("denoise", "picture")


@pytest.mark.parametrize("model", ["starter", "sd15", "sdxl", "z-image"])
def test_colours_that_do_not_count_are_the_bare_drawing_from_lines(
    engine: DrawingEngine, tiny: dict[str, Path], model: str
) -> None:
    lines = rasterise(Sketch().circle(256, 256, 150))
    guide = control(lines, weight=0.7)
    recipe = Recipe(task="sketch_to_image", model=model, controls=(guide.value,), prompt="a red apple", steps=4, seed=7)
    black = Request(recipe, {lines.hash: lines})
    made, _ = engine.run(black, Told())
    if model != "z-image":
        assert np.array_equal(made.pixels, bare(tiny, black, "words"))
    assert FILLED.colours is not None
    pictures = {lines.hash: lines, FILLED.colours.hash: FILLED.colours}
    ignored = recipe.changed(colours=FILLED.colours.hash, colour_strength=0.0)
    assert np.array_equal(engine.run(Request(ignored, pictures), Told())[0].pixels, made.pixels)
    counted = ignored.changed(colour_strength=0.8)
    assert not np.array_equal(engine.run(Request(counted, pictures), Told())[0].pixels, made.pixels)
