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
    ControlNetUnionModel,
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
    StableDiffusionXLControlNetUnionImg2ImgPipeline,
    StableDiffusionXLControlNetUnionInpaintPipeline,
    StableDiffusionXLControlNetUnionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
    ZImageControlNetModel,
    ZImageImg2ImgPipeline,
    ZImageInpaintPipeline,
    ZImagePipeline,
)

from lab.core import BadInput, Lora, Mask, Picture, Recipe, Request, Size, Sketch, control, rasterise, reference
from lab.core.catalogue import CATALOGUE
from lab.pipelines.engine import DiffusersEngine
from lab.pipelines.quiet import quietly
from lab.preprocessors import control_map
from tests.pipelines import steered_z_image
from tests.pipelines.conftest import Told
from tests.pipelines.tiny import CONTROL, SECOND_CONTROL, UNION

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
    with quietly():
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
        for lora in recipe.loras:
            pipe.load_lora_weights(lora.name, adapter_name="ink")
            pipe.set_adapters(["ink"], [lora.weight])
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
    engine: DiffusersEngine, tiny: dict[str, Path], model: str, way: str, controls: int, lora: bool
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
    engine: DiffusersEngine, tiny: dict[str, Path], model: str, negative_prompt: str
) -> None:
    settings = {"negative_prompt": negative_prompt, "guidance_scale": 3.0}
    engine.run(asked(tiny, model, "words", 0, lora=False, prompt="a cup", **settings), Told())
    wanted = asked(tiny, model, "words", 0, lora=False, prompt="a red apple", **settings)
    made, _ = engine.run(wanted, Told())
    assert np.array_equal(made.pixels, bare(tiny, wanted, "words"))
    words = next(stage for stage in engine.cache_report().stages if stage.stage == "words")
    assert (words.hits, words.misses) == (1, 3)


def test_a_control_of_z_image_is_asked_only_while_it_counts(
    engine: DiffusersEngine, tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights: list[float] = []

    def forward(net: Any, *given: Any, run: Any = ZImageControlNetModel.forward, **settings: Any) -> Any:
        weights.append(settings["conditioning_scale"])
        return run(net, *given, **settings)

    monkeypatch.setattr(ZImageControlNetModel, "forward", forward)
    plain = asked(tiny, "z-image", "words", 2, lora=False)
    first, second = plain.recipe.controls
    timed = plain.recipe.changed(controls=(first.changed(start=0.5), second.changed(end=0.25)))
    engine.run(Request(timed, plain.pictures), Told())
    assert weights == [second.weight, first.weight, first.weight]
    weights.clear()
    nothing = plain.recipe.changed(controls=(first.changed(weight=0.0),))
    left_alone, _ = engine.run(Request(nothing, plain.pictures), Told())
    assert weights == []
    assert left_alone == engine.run(asked(tiny, "z-image", "words", 0, lora=False), Told())[0]


@pytest.mark.parametrize("lora", [False, True])
@pytest.mark.parametrize("way", ["words", "image", "inpaint"])
@pytest.mark.parametrize("controls", [1, 2])
def test_a_union_model_serves_every_kind(
    engine: DiffusersEngine, tiny: dict[str, Path], way: str, controls: int, lora: bool
) -> None:
    guides = [control(SKETCH, "openpose", preprocessor="lines", weight=0.7),
              control(OTHER, "canny", preprocessor="lines", weight=0.4, end=0.6)][:controls]  # fmt: skip
    plain = asked(tiny, "sdxl", way, 0, lora=lora)
    pictures = {**plain.pictures, **{guide.picture.hash: guide.picture for guide in guides}}
    wanted = Request(plain.recipe.changed(controls=tuple(guide.value for guide in guides)), pictures)
    picture, _ = engine.run(wanted, Told())
    with quietly():
        pipe = DiffusionPipeline.from_pretrained(tiny["sdxl"], dtype=torch.float32)
        pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
        kinds = {
            "words": StableDiffusionXLControlNetUnionPipeline,
            "image": StableDiffusionXLControlNetUnionImg2ImgPipeline,
            "inpaint": StableDiffusionXLControlNetUnionInpaintPipeline,
        }
        net = ControlNetUnionModel.from_pretrained(tiny["sdxl"] / UNION)
        pipe = kinds[way](**pipe.components, controlnet=net)
        pipe.set_progress_bar_config(disable=True)
        size = CATALOGUE["sdxl"].native
        maps = [control_map("lines", guide.picture, size, {}).to_pil() for guide in guides]
        start = {} if way == "words" else {"image": photo(size).to_pil(), "strength": 0.6}
        if way == "inpaint":
            start["mask_image"] = hard_mask(size).to_pil()
        if controls == 2:
            start["control_guidance_end"] = [1.0, 0.6]
        for one in wanted.recipe.loras:
            pipe.load_lora_weights(one.name, adapter_name="ink")
            pipe.set_adapters(["ink"], [one.weight])
        weights = [guide.value.weight for guide in guides]
        expected = pipe(
            prompt="a red apple", negative_prompt="blue", num_inference_steps=4, guidance_scale=6.0,
            height=size.height, width=size.width, generator=torch.Generator("cpu").manual_seed(7),
            control_image=maps, control_mode=[0, 3][:controls],
            controlnet_conditioning_scale=weights[0] if controls == 1 else weights, **start,
        ).images[0]  # fmt: skip
    assert np.array_equal(picture.pixels, np.asarray(expected))


def with_hole(size: Size) -> Picture:
    """A picture of which the part under the mask is transparent."""
    return Picture(np.dstack([photo(size).pixels, 255 - hard_mask(size).pixels]))


@pytest.mark.parametrize("controls", [1, 2])
@pytest.mark.parametrize("way", ["words", "inpaint"])
def test_the_holes_of_an_inpaint_control_are_what_it_was_trained_on(
    engine: DiffusersEngine, tiny: dict[str, Path], way: str, controls: int
) -> None:
    """As diffusers' own example has it: -1 where the picture is to be filled."""
    size = CATALOGUE["sd15"].native
    guides = [control(with_hole(size), "inpaint", weight=0.9), control(OTHER, "depth", preprocessor="lines")][:controls]
    plain = asked(tiny, "sd15", way, 0, lora=False)
    pictures = {**plain.pictures, **{guide.picture.hash: guide.picture for guide in guides}}
    wanted = Request(plain.recipe.changed(controls=tuple(guide.value for guide in guides)), pictures)
    made, _ = engine.run(wanted, Told())
    condition = photo(size).pixels.astype(np.float32) / 255.0
    condition[hard_mask(size).pixels > 0] = -1.0
    maps: list[Any] = [torch.from_numpy(condition[None].transpose(0, 3, 1, 2))]
    maps += [control_map("lines", guide.picture, size, {}).to_pil() for guide in guides[1:]]
    with quietly():
        pipe = DiffusionPipeline.from_pretrained(tiny["sd15"], dtype=torch.float32)
        nets = [ControlNetModel.from_pretrained(tiny["sd15"] / net) for net in (CONTROL, SECOND_CONTROL)[:controls]]
        single = controls == 1
        kind = StableDiffusionControlNetPipeline if way == "words" else StableDiffusionControlNetInpaintPipeline
        pipe = kind(**pipe.components, controlnet=nets[0] if single else nets)
        pipe.set_progress_bar_config(disable=True)
        start = {"image" if way == "words" else "control_image": maps[0] if single else maps}
        if way == "inpaint":
            start |= {"image": photo(size).to_pil(), "mask_image": hard_mask(size).to_pil(), "strength": 0.6}
        weights = [guide.value.weight for guide in guides]
        expected = pipe(
            prompt="a red apple", negative_prompt="blue", num_inference_steps=4, guidance_scale=7.0,
            height=size.height, width=size.width, generator=torch.Generator("cpu").manual_seed(7),
            controlnet_conditioning_scale=weights[0] if single else weights, **start,
        ).images[0]  # fmt: skip
    assert np.array_equal(made.pixels, np.asarray(expected))


def test_a_union_model_sees_the_holes_black(engine: DiffusersEngine, tiny: dict[str, Path]) -> None:
    size = CATALOGUE["sdxl"].native
    seen = np.where(hard_mask(size).pixels[..., None], 0, photo(size).pixels).astype(np.uint8)
    plain = asked(tiny, "sdxl", "words", 0, lora=False)
    pictures = []
    for guide in (control(with_hole(size), "inpaint"), control(Picture(seen), "inpaint", preprocessor="none")):
        wanted = Request(plain.recipe.changed(controls=(guide.value,)), {guide.picture.hash: guide.picture})
        pictures.append(engine.run(wanted, Told())[0])
    assert pictures[0] == pictures[1] != engine.run(plain, Told())[0]


def test_controls_of_a_union_model_and_of_another_are_not_mixed(engine: DiffusersEngine, tiny: dict[str, Path]) -> None:
    guides = [control(SKETCH, "lines"), control(OTHER, "canny", preprocessor="lines")]
    recipe = asked(tiny, "sdxl", "words", 0, lora=False).recipe.changed(controls=tuple(one.value for one in guides))
    with pytest.raises(BadInput, match="sdxl has one model for most kinds of control, and 'lines' in another"):
        engine.run(Request(recipe, {one.picture.hash: one.picture for one in guides}), Told())


@pytest.mark.parametrize("image_guidance_scale", [1.0, 1.8])
def test_an_instruction_edits_as_diffusers_does(
    engine: DiffusersEngine, tiny: dict[str, Path], image_guidance_scale: float
) -> None:
    size = CATALOGUE["instruct-pix2pix"].native
    image = photo(size)
    recipe = Recipe(task="edit", model="instruct-pix2pix", image=image.hash, prompt="make it red", seed=7, steps=4,
                    image_guidance_scale=image_guidance_scale)  # fmt: skip
    cold, _ = engine.run(Request(recipe, {image.hash: image}), Told())
    with quietly():
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
    engine: DiffusersEngine, task: str, model: str, sentence: str
) -> None:
    image = photo(Size(64, 64))
    with pytest.raises(BadInput, match=sentence):
        engine.run(Request(Recipe(task=task, model=model, image=image.hash), {image.hash: image}), Told())


@pytest.mark.parametrize("model", ["sd15", "sdxl"])
def test_a_reference_lends_its_style_and_leaves_without_a_trace(
    engine: DiffusersEngine, tiny: dict[str, Path], model: str
) -> None:
    plain = asked(tiny, model, "words", 0, lora=False)
    before, _ = engine.run(plain, Told())
    lent = reference(photo(Size(40, 30)), weight=0.8)
    wanted = Request(plain.recipe.changed(references=(lent.value,)), {lent.picture.hash: lent.picture})
    styled, _ = engine.run(wanted, Told())
    with quietly():
        pipe = DiffusionPipeline.from_pretrained(tiny[model], dtype=torch.float32)
        pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
        pipe.load_ip_adapter(str(tiny[model] / "ip-adapter"), subfolder="models", weight_name="tiny.safetensors",
                             image_encoder_folder="image_encoder")  # fmt: skip
        pipe.set_ip_adapter_scale(0.8)
        pipe.set_progress_bar_config(disable=True)
        size = CATALOGUE[model].native
        expected = pipe(
            prompt="a red apple", negative_prompt="blue", num_inference_steps=4, height=size.height, width=size.width,
            guidance_scale=CATALOGUE[model].guidance_scale, generator=torch.Generator("cpu").manual_seed(7),
            ip_adapter_image=[[lent.picture.to_pil()]],
        ).images[0]  # fmt: skip
    assert styled != before
    assert np.array_equal(styled.pixels, np.asarray(expected))
    engine.forget()
    assert engine.run(plain, Told())[0] == before
    engine.forget()
    assert engine.run(wanted, Told())[0] == styled


def test_a_loras_weight_counts_and_it_leaves_without_a_trace(engine: DiffusersEngine, tiny: dict[str, Path]) -> None:
    plain, inked = (asked(tiny, "sd15", "words", 0, lora=lora) for lora in (False, True))
    before, _ = engine.run(plain, Told())
    styled, _ = engine.run(inked, Told())
    (lora,) = inked.recipe.loras
    light = Request(inked.recipe.changed(loras=(lora.changed(weight=0.1),)))
    lightly, _ = engine.run(light, Told())
    assert len({before, styled, lightly}) == 3
    engine.forget()
    unet = engine._models["sd15"].components["unet"]
    assert engine.run(plain, Told())[0] == before, "while it rests"
    engine.forget()
    assert engine.run(inked, Told())[0] == styled, "awake again"
    engine._models["sd15"].adapters.take_loras_off()
    assert not any("lora" in name for name, _ in unet.named_modules())


@pytest.mark.parametrize("model", ["sd15", "sdxl", "z-image"])
@pytest.mark.parametrize(("steps", "controls"), [(4, 0), (7, 0), (4, 1)])
def test_the_labs_own_mask_does_what_diffusers_does_where_both_can(
    engine: DiffusersEngine,
    tiny: dict[str, Path],
    model: str,
    steps: int,
    controls: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = asked(tiny, model, "inpaint", controls, lora=False, steps=steps)
    theirs, _ = engine.run(wanted, Told())
    engine.forget("denoise")
    monkeypatch.setattr("lab.pipelines.bench.is_hard", lambda _: False)
    ours, _ = engine.run(wanted, Told())
    off = np.abs(theirs.pixels.astype(int) - ours.pixels.astype(int))
    assert off.max() <= 1, f"{(off > 0).mean():.1%} of the values differ, by {off.max()} at most"


def test_greys_of_a_mask_change_as_much_as_they_are_light(engine: DiffusersEngine, tiny: dict[str, Path]) -> None:
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
