"""The promise: a control steers as diffusers has it, a Union model serves every kind, and holes are filled."""

from __future__ import annotations

import shutil
from dataclasses import replace
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
    StableDiffusionControlNetInpaintPipeline,
    StableDiffusionControlNetPipeline,
    StableDiffusionXLControlNetUnionImg2ImgPipeline,
    StableDiffusionXLControlNetUnionInpaintPipeline,
    StableDiffusionXLControlNetUnionPipeline,
    ZImageControlNetModel,
)

from lab.core import BadInput, Picture, Request, Size, control
from lab.core.catalogue import CATALOGUE
from lab.core.model_card import ControlSource
from lab.pipelines.library_logging import quiet_libraries
from lab.preprocessors import control_map
from tests.pipelines.bare_diffusers import OTHER, SKETCH, asked, bare, hard_mask, photo
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told
from tests.pipelines.tiny import CONTROL, SECOND_CONTROL, UNION

pytestmark = pytest.mark.usefixtures("_bare_task")


@pytest.mark.parametrize("way", ["words", "image", "inpaint"])
@pytest.mark.parametrize("controls", [1, 2])
def test_controls_of_z_image_go_with_a_negative_prompt(
    engine: DrawingEngine, tiny: dict[str, Path], way: str, controls: int
) -> None:
    """Which needs guidance, that Turbo models do without."""
    wanted = asked(tiny, "z-image", way, controls, lora=False, guidance_scale=3.0)
    made, _ = engine.run(wanted, Told())
    assert np.array_equal(made.pixels, bare(tiny, wanted, way))


def test_a_control_of_z_image_is_asked_only_while_it_counts(
    engine: DrawingEngine, tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch
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


@pytest.mark.parametrize(  # every pair of two of these
    ("controls", "way", "lora"),
    [(1, "words", True), (2, "words", False), (1, "image", False), (2, "image", True), (1, "inpaint", True),
     (2, "inpaint", False)],
)  # fmt: skip
def test_a_union_model_serves_every_kind(
    engine: DrawingEngine, tiny: dict[str, Path], way: str, controls: int, lora: bool
) -> None:
    guides = [control(SKETCH, "openpose", preprocessor="lines", weight=0.7),
              control(OTHER, "canny", preprocessor="lines", weight=0.4, end=0.6)][:controls]  # fmt: skip
    plain = asked(tiny, "sdxl", way, 0, lora=lora)
    pictures = {**plain.pictures, **{guide.picture.hash: guide.picture for guide in guides}}
    wanted = Request(plain.recipe.changed(controls=tuple(guide.value for guide in guides)), pictures)
    picture, _ = engine.run(wanted, Told())
    with quiet_libraries():
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
    engine: DrawingEngine, tiny: dict[str, Path], way: str, controls: int
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
    with quiet_libraries():
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


def test_a_union_model_sees_the_holes_black(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    size = CATALOGUE["sdxl"].native
    seen = np.where(hard_mask(size).pixels[..., None], 0, photo(size).pixels).astype(np.uint8)
    plain = asked(tiny, "sdxl", "words", 0, lora=False)
    pictures = []
    for guide in (control(with_hole(size), "inpaint"), control(Picture(seen), "inpaint", preprocessor="none")):
        wanted = Request(plain.recipe.changed(controls=(guide.value,)), {guide.picture.hash: guide.picture})
        pictures.append(engine.run(wanted, Told())[0])
    assert pictures[0] == pictures[1] != engine.run(plain, Told())[0]


def test_controls_of_a_union_model_and_of_another_are_not_mixed(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    guides = [control(SKETCH, "lines"), control(OTHER, "canny", preprocessor="lines")]
    recipe = asked(tiny, "sdxl", "words", 0, lora=False).recipe.changed(controls=tuple(one.value for one in guides))
    with pytest.raises(BadInput, match="sdxl has one model for most kinds of control, and 'lines' in another"):
        engine.run(Request(recipe, {one.picture.hash: one.picture for one in guides}), Told())


def test_a_controlnet_that_was_trained_again_is_read_again(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    shutil.copytree(tiny["sd15"] / CONTROL, own)
    monkeypatch.setitem(CATALOGUE, "sd15", replace(CATALOGUE["sd15"], controls={"lines": ControlSource(str(own))}))
    wanted = asked(tiny, "sd15", "words", 1, lora=False)
    before, _ = engine.run(wanted, Told())
    assert engine.run(wanted, Told())[0] == before
    shutil.copytree(tiny["sd15"] / SECOND_CONTROL, own, dirs_exist_ok=True)
    after, _ = engine.run(wanted, Told())
    assert after == DrawingEngine("cpu").run(wanted, Told())[0] != before
    nets = [one.what for one in engine.memory_report().residents if one.what.startswith("ControlNet")]
    assert nets == ["ControlNet own"]
