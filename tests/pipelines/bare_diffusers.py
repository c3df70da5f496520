"""What a good user of diffusers would draw, with everything loaded anew: what the lab's pictures are compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import (
    ControlNetModel,
    DDIMScheduler,
    DiffusionPipeline,
    StableDiffusionControlNetImg2ImgPipeline,
    StableDiffusionControlNetInpaintPipeline,
    StableDiffusionControlNetPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLControlNetImg2ImgPipeline,
    StableDiffusionXLControlNetInpaintPipeline,
    StableDiffusionXLControlNetPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
    ZImageControlNetModel,
    ZImageImg2ImgPipeline,
    ZImageInpaintPipeline,
    ZImagePipeline,
)

from lab.core import Lora, Mask, Picture, Recipe, Request, Size, Sketch, control, rasterise
from lab.core.catalogue import CATALOGUE
from lab.pipelines.library_logging import quiet_libraries
from lab.preprocessors import control_map
from tests.pipelines import steered_z_image
from tests.pipelines.tiny import CONTROL, SECOND_CONTROL

SKETCH = rasterise(Sketch().circle(256, 256, 150))
OTHER = rasterise(Sketch().line([(30, 40), (480, 300), (100, 500)]))
GUIDES = [control(SKETCH, weight=0.7), control(OTHER, "depth", preprocessor="lines", weight=0.4, end=0.7)]
NAMES = {"lines": CONTROL, "depth": SECOND_CONTROL}

BARE: dict[tuple[str, str, bool], Any] = {
    ("sd15", "words", False): StableDiffusionPipeline,
    ("sd15", "words", True): StableDiffusionControlNetPipeline,
    ("sd15", "image", False): StableDiffusionImg2ImgPipeline,
    ("sd15", "image", True): StableDiffusionControlNetImg2ImgPipeline,
    ("sd15", "inpaint", False): StableDiffusionInpaintPipeline,
    ("sd15", "inpaint", True): StableDiffusionControlNetInpaintPipeline,
    ("sdxl", "words", False): StableDiffusionXLPipeline,
    ("sdxl", "words", True): StableDiffusionXLControlNetPipeline,
    ("sdxl", "image", False): StableDiffusionXLImg2ImgPipeline,
    ("sdxl", "image", True): StableDiffusionXLControlNetImg2ImgPipeline,
    ("sdxl", "inpaint", False): StableDiffusionXLInpaintPipeline,
    ("sdxl", "inpaint", True): StableDiffusionXLControlNetInpaintPipeline,
    ("z-image", "words", False): ZImagePipeline,
    ("z-image", "image", False): ZImageImg2ImgPipeline,
    ("z-image", "inpaint", False): ZImageInpaintPipeline,
}
TASK_OF = {"words": "text_to_image", "image": "image_to_image", "inpaint": "bare_inpaint"}


def photo(size: Size) -> Picture:
    return Picture(np.random.default_rng(5).integers(0, 256, (size.height, size.width, 3), np.uint8))


def hard_mask(size: Size) -> Mask:
    pixels = np.zeros((size.height, size.width), np.uint8)
    pixels[size.height // 4 : size.height // 2, size.width // 4 :] = 255
    return Mask(pixels)


def asked(tiny: dict[str, Path], model: str, way: str, controls: int, lora: bool, **changes: Any) -> Request:
    native = CATALOGUE[model].native
    guides = GUIDES[:controls]
    pictures = {guide.picture.hash: guide.picture for guide in guides}
    settings: dict[str, Any] = {"prompt": "a red apple", "negative_prompt": "blue", "seed": 7, "steps": 4, **changes}
    if way != "words":
        image, mask = photo(native), hard_mask(native).to_picture()
        pictures |= {image.hash: image, mask.hash: mask}
        settings |= {"image": image.hash, "strength": 0.6}
        if way == "inpaint":
            settings["mask"] = mask.hash
    if lora:
        settings["loras"] = (Lora(name=str(tiny[model] / "ink.safetensors"), weight=0.8),)
    recipe = Recipe(task=TASK_OF[way], model=model, controls=tuple(guide.value for guide in guides), **settings)
    return Request(recipe, pictures)


def bare(tiny: dict[str, Path], wanted: Request, way: str) -> np.ndarray:
    """The same picture as a good user of diffusers would make it, with everything loaded anew."""
    recipe = wanted.recipe
    model, folder, card = recipe.model, tiny[recipe.model], CATALOGUE[recipe.model]
    kind = "sd15" if model == "starter" else model
    arguments: dict[str, Any] = {
        "prompt": recipe.prompt,
        "negative_prompt": recipe.negative_prompt or None,
        "num_inference_steps": recipe.steps,
        "guidance_scale": (recipe.guidance_scale or card.guidance_scale) - (model == "z-image"),
        "generator": torch.Generator("cpu").manual_seed(recipe.seed),
    }
    extra: dict[str, Any] = {}
    with quiet_libraries():
        pipe = DiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
        if model == "sdxl":  # its own is Euler, the card's DDIM
            pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
        if recipe.controls:
            reader = ZImageControlNetModel if model == "z-image" else ControlNetModel
            nets = [reader.from_pretrained(folder / NAMES[one.kind]) for one in recipe.controls]
            maps = [control_map("lines", wanted.pictures[one.picture], card.native, {}) for one in recipe.controls]
            maps = [one.to_pil() for one in maps]
            single = len(nets) == 1
            extra["controlnet"] = nets[0] if single else nets
            name = "image" if way == "words" and model != "z-image" else "control_image"
            arguments[name] = maps[0] if single else maps
            weights = [one.weight for one in recipe.controls]
            arguments["controlnet_conditioning_scale"] = weights[0] if single else weights
            if not single:
                arguments["control_guidance_end"] = [one.end for one in recipe.controls]
        steered_by_hand = model == "z-image" and bool(recipe.controls)
        pipe = BARE[kind, way, bool(recipe.controls) and not steered_by_hand](
            **pipe.components, **({} if steered_by_hand else extra)
        )
        for number, lora in enumerate(recipe.loras):
            pipe.load_lora_weights(lora.name, adapter_name=f"lora{number}")
        if recipe.loras:
            pipe.set_adapters([f"lora{n}" for n in range(len(recipe.loras))], [lora.weight for lora in recipe.loras])
        if recipe.image:
            arguments |= {"image": wanted.pictures[recipe.image].to_pil(), "strength": recipe.strength}
        else:
            arguments |= {"height": card.native.height, "width": card.native.width}
        if recipe.mask:
            arguments["mask_image"] = Mask.of(wanted.pictures[recipe.mask]).to_pil()
            arguments |= {"height": card.native.height, "width": card.native.width}
        if steered_by_hand:
            arguments |= {"height": card.native.height, "width": card.native.width}
            return np.asarray(steered_z_image.draw(pipe, nets, maps, arguments, recipe.controls[-1].end))
        pipe.set_progress_bar_config(disable=True)
        return np.asarray(pipe(**arguments).images[0])
