"""The promise: whatever the lab shares, keeps and skips, its picture is that of a bare diffusers call, to the bit."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    StableDiffusionInstructPix2PixPipeline,
)

from lab.core import BadInput, Mask, Recipe, Request, Size
from lab.core.catalogue import CATALOGUE
from lab.pipelines.library_logging import quiet_libraries
from tests.pipelines.bare_diffusers import BARE, asked, bare, photo
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

pytestmark = pytest.mark.usefixtures("_bare_task")
CASES = [  # the model, what is given, how many controls, a LoRA: every pair of two values, and every bare pipeline
    ("starter", "words", 1, False),
    ("starter", "image", 0, True),
    ("starter", "image", 2, False),
    ("sd15", "words", 0, True),
    ("sd15", "words", 1, False),
    ("sd15", "image", 0, False),
    ("sd15", "image", 1, False),
    ("sd15", "inpaint", 0, False),
    ("sd15", "inpaint", 2, True),
    ("sdxl", "words", 0, True),
    ("sdxl", "words", 2, False),
    ("sdxl", "image", 0, False),
    ("sdxl", "image", 2, True),
    ("sdxl", "inpaint", 0, True),
    ("sdxl", "inpaint", 1, True),
    ("z-image", "words", 0, True),
    ("z-image", "words", 1, True),
    ("z-image", "image", 0, False),
    ("z-image", "image", 2, True),
    ("z-image", "inpaint", 0, False),
]
VALUES = (("starter", "sd15", "sdxl", "z-image"), ("words", "image", "inpaint"), (0, 1, 2), (False, True))


def test_the_cases_hold_every_pair_of_values_and_every_bare_pipeline() -> None:
    for one, other in itertools.combinations(range(len(VALUES)), 2):
        pairs = set(itertools.product(VALUES[one], VALUES[other])) - {("starter", "inpaint")}
        assert pairs == {(case[one], case[other]) for case in CASES}
    assert {(model, way, controls > 0) for model, way, controls, _ in CASES} >= set(BARE)


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


@pytest.mark.parametrize(  # SDXL reads no words as zeros
    ("model", "negative_prompt"),
    [("starter", "blue"), ("sd15", ""), ("sdxl", ""), ("sdxl", "blue"), ("z-image", "blue")],
)
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
@pytest.mark.parametrize(("steps", "controls"), [(7, 0), (4, 1)])
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
