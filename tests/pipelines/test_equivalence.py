"""The promise: whatever the lab shares, keeps and skips, its picture is that of a bare diffusers call, to the bit."""

from __future__ import annotations

import itertools
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
    StableDiffusionControlNetInpaintPipeline,
    StableDiffusionControlNetPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionInstructPix2PixPipeline,
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

from lab.core import BadInput, Lora, Mask, Picture, Recipe, Request, Size, Sketch, control, rasterise
from lab.core.catalogue import CATALOGUE
from lab.pipelines.library_logging import quiet_libraries
from lab.preprocessors import control_map
from tests.pipelines import steered_z_image
from tests.pipelines.conftest import Told
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.tiny import CONTROL, SECOND_CONTROL

pytestmark = pytest.mark.usefixtures("_bare_task")
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
CASES = [
    *itertools.product(["sd15", "sdxl", "z-image"], ["words", "image", "inpaint"], [0, 1, 2], [False, True]),
    *itertools.product(["starter"], ["words", "image"], [0, 1, 2], [False, True]),
]
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


@pytest.mark.parametrize(("model", "way", "controls", "lora"), CASES)
def test_the_picture_is_bit_identical_to_a_bare_diffusers_call(
    engine: DrawingEngine, tiny: dict[str, Path], model: str, way: str, controls: int, lora: bool
) -> None:
    wanted = asked(tiny, model, way, controls, lora)
    expected = bare(tiny, wanted, way)
    cold, _ = engine.run(wanted, Told())
    assert np.array_equal(cold.pixels, expected), "cold"
    same, _ = engine.run(wanted, Told())
    assert np.array_equal(same.pixels, expected), "again"
    engine.run(asked(tiny, model, "image" if way == "words" else "words", 0, not lora, seed=1), Told())
    engine.forget("denoise", "picture")
    warm, _ = engine.run(wanted, Told())
    assert np.array_equal(warm.pixels, expected), "with warm stages, after another task with another LoRA"
    found = {stage.stage: stage.hits for stage in engine.cache_report().stages}
    assert found["words"] >= 2
    assert found["first step"] >= 1
    if way != "words":
        assert found["encode"] >= 1


@pytest.mark.parametrize("negative_prompt", ["", "blue"])
@pytest.mark.parametrize("model", ["starter", "sd15", "sdxl", "z-image"])
def test_a_new_prompt_is_the_only_text_that_is_read(
    engine: DrawingEngine, tiny: dict[str, Path], model: str, negative_prompt: str
) -> None:
    settings = {"negative_prompt": negative_prompt, "guidance_scale": 3.0}
    engine.run(asked(tiny, model, "words", 0, lora=False, prompt="a cup", **settings), Told())
    wanted = asked(tiny, model, "words", 0, lora=False, prompt="a red apple", **settings)
    made, _ = engine.run(wanted, Told())
    assert np.array_equal(made.pixels, bare(tiny, wanted, "words"))
    words = next(stage for stage in engine.cache_report().stages if stage.stage == "words")
    assert (words.hits, words.misses) == (1, 3)


@pytest.mark.parametrize("image_guidance_scale", [1.0, 1.8])
def test_an_instruction_edits_as_diffusers_does(
    engine: DrawingEngine, tiny: dict[str, Path], image_guidance_scale: float
) -> None:
    size = CATALOGUE["instruct-pix2pix"].native
    image = photo(size)
    recipe = Recipe(task="edit", model="instruct-pix2pix", image=image.hash, prompt="make it red", seed=7, steps=4,
                    image_guidance_scale=image_guidance_scale)  # fmt: skip
    cold, _ = engine.run(Request(recipe, {image.hash: image}), Told())
    with quiet_libraries():
        pipe = StableDiffusionInstructPix2PixPipeline.from_pretrained(
            tiny["instruct"], safety_checker=None, requires_safety_checker=False
        )
        pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
        pipe.set_progress_bar_config(disable=True)
        expected = pipe("make it red", image.to_pil(), 4, 7.5, image_guidance_scale,
                        generator=torch.Generator("cpu").manual_seed(7)).images[0]  # fmt: skip
    assert np.array_equal(cold.pixels, np.asarray(expected))


@pytest.mark.parametrize(("task", "model", "sentence"), [
    ("edit", "starter", "starter takes no instructions: for edit use instruct-pix2pix"),
    ("image_to_image", "instruct-pix2pix", "instruct-pix2pix only edits pictures: for image_to_image use starter,"),
])  # fmt: skip
def test_a_model_that_edits_and_one_that_draws_are_not_mixed_up(
    engine: DrawingEngine, task: str, model: str, sentence: str
) -> None:
    image = photo(Size(64, 64))
    with pytest.raises(BadInput, match=sentence):
        engine.run(Request(Recipe(task=task, model=model, image=image.hash), {image.hash: image}), Told())


@pytest.mark.parametrize("model", ["sd15", "sdxl", "z-image"])
@pytest.mark.parametrize(("steps", "controls"), [(4, 0), (7, 0), (4, 1)])
def test_the_labs_own_mask_does_what_diffusers_does_where_both_can(
    engine: DrawingEngine,
    tiny: dict[str, Path],
    model: str,
    steps: int,
    controls: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = asked(tiny, model, "inpaint", controls, lora=False, steps=steps)
    theirs, _ = engine.run(wanted, Told())
    engine.forget("denoise")
    monkeypatch.setattr("lab.pipelines.denoise.is_hard", lambda _: False)
    ours, _ = engine.run(wanted, Told())
    off = np.abs(theirs.pixels.astype(int) - ours.pixels.astype(int))
    assert off.max() <= 1, f"{(off > 0).mean():.1%} of the values differ, by {off.max()} at most"


def test_greys_of_a_mask_change_as_much_as_they_are_light(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    """Latents under black are the picture's own at the end, those under grey come free later than those under white."""
    size = CATALOGUE["starter"].native
    pixels = np.zeros((size.height, size.width), np.uint8)
    pixels[:, 64:128], pixels[:, 128:192], pixels[:, 192:] = 64, 160, 255
    base = asked(tiny, "starter", "inpaint", 0, lora=False, strength=1.0, steps=8)
    mask, image = Mask(pixels).to_picture(), base.pictures[base.recipe.image or ""]
    engine.run(Request(base.recipe.changed(mask=mask.hash), {image.hash: image, mask.hash: mask}), Told())
    (latents,) = (entry.value for entry in engine._cache._entries.values() if entry.stage == "denoise")
    (encoded,) = (entry.value for entry in engine._cache._entries.values() if entry.stage == "encode")
    far = (latents - encoded.latents).abs().mean(dim=(0, 1, 2)).reshape(4, -1).mean(dim=1).tolist()
    assert far[0] == 0
    assert far == sorted(far), f"distance by lightness: {far}"
