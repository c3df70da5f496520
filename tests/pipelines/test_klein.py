"""FLUX.2 klein in every way of drawing is that of diffusers, to the bit; what diffusers does unasked is not done."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline, Flux2KleinInpaintPipeline, Flux2KleinPipeline, ZImagePipeline
from PIL import Image

from lab.core import BadInput, Lora, Mask, Picture, Recipe, Request, Size, Sketch, control, rasterise
from lab.core.catalogue import CATALOGUE, card_for
from lab.core.recipe import Reference
from lab.pipelines.families._klein_pipelines import _seen_whole
from lab.pipelines.latent_preview import _chart
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.weights.clip_tokenizer import clip_tokenizer
from lab.pipelines.weights.load import model_bytes
from lab.preprocessors import control_map
from lab.starter import WEIGHTS
from tests.pipelines.bare_diffusers import hard_mask, photo
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told
from tests.pipelines.tiny import klein

pytestmark = pytest.mark.usefixtures("_bare_task")
SIZE = Size(64, 64)
TASK_OF = {"words": "text_to_image", "image": "image_to_image", "inpaint": "bare_inpaint", "edit": "edit"}
VALUES = (("klein", "klein-base"), tuple(TASK_OF), (0, 1, 2), (False, True))
CASES = [  # every pair of two values
    ("klein", "words", 0, False),
    ("klein", "image", 1, True),
    ("klein", "inpaint", 2, True),
    ("klein", "edit", 2, False),
    ("klein", "words", 2, True),
    ("klein", "inpaint", 0, False),
    ("klein", "edit", 0, True),
    ("klein-base", "words", 1, True),
    ("klein-base", "image", 0, False),
    ("klein-base", "image", 2, False),
    ("klein-base", "inpaint", 1, False),
    ("klein-base", "edit", 1, True),
    ("klein-base", "words", 0, True),
    ("klein-base", "edit", 2, True),
    ("klein-base", "inpaint", 0, True),
]


def seen(number: int, size: Size = SIZE) -> Picture:
    return Picture(np.random.default_rng(20 + number).integers(0, 256, (size.height, size.width, 3), np.uint8))


def asked(tiny: dict[str, Path], model: str, way: str, references: int, lora: bool, **changes: Any) -> Request:
    lent = [seen(number) for number in range(references)]
    pictures = {one.hash: one for one in lent}
    settings: dict[str, Any] = {"prompt": "a red apple", "seed": 7, "steps": 4, "guidance_scale": 4.0}
    if way != "words":
        image, mask = photo(SIZE), hard_mask(SIZE).to_picture()
        pictures |= {image.hash: image, mask.hash: mask}
        settings["image"] = image.hash
        if way != "edit":
            settings["strength"] = 0.6
        if way == "inpaint":
            settings["mask"] = mask.hash
    if lora:
        settings["loras"] = (Lora(name=str(tiny[model] / "ink.safetensors"), weight=0.8),)
    settings |= {"references": tuple(Reference(picture=one.hash) for one in lent), **changes}
    return Request(Recipe(task=TASK_OF[way], model=model, **settings), pictures)


def bare(folder: Path, wanted: Request, way: str) -> np.ndarray:
    """The same by diffusers' own pipelines; from a picture by the one that fills masks, under a white one."""
    recipe = wanted.recipe
    lent = [wanted.pictures[one.picture].to_pil() for one in recipe.references]
    kwargs: dict[str, Any] = {
        "prompt": recipe.prompt, "num_inference_steps": recipe.steps, "guidance_scale": recipe.guidance_scale,
        "generator": torch.Generator("cpu").manual_seed(recipe.seed), "height": SIZE.height, "width": SIZE.width,
    }  # fmt: skip
    with quiet_libraries():
        pipe: Any = DiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
        kind = Flux2KleinPipeline if way in ("words", "edit") else Flux2KleinInpaintPipeline
        pipe = kind(**pipe.components, is_distilled=pipe.config.is_distilled)
        for lora in recipe.loras:
            pipe.load_lora_weights(lora.name, adapter_name="ink")
            pipe.set_adapters(["ink"], [lora.weight])
        start = [wanted.pictures[recipe.image].to_pil()] if recipe.image else []
        if way in ("words", "edit"):
            kwargs["image"] = [*start, *lent] or None
        else:
            white = Mask(np.full((SIZE.height, SIZE.width), 255, np.uint8)).to_picture()
            mask = wanted.pictures[recipe.mask] if recipe.mask else white
            kwargs |= {"image": start[0], "mask_image": mask.to_pil().convert("L"), "strength": recipe.strength}
            kwargs["image_reference"] = lent or None
        pipe.set_progress_bar_config(disable=True)
        return np.asarray(pipe(**kwargs).images[0])


def test_cards_say_how_much_is_read_and_what_may_be_sold() -> None:
    """As the pipelines and the shipped tokenizer have it."""
    said = {name: CATALOGUE[name].pieces_read for name in ("starter", "sdxl", "z-image", "klein", "klein-base")}
    starter = json.loads((WEIGHTS / "tokenizer" / "tokenizer_config.json").read_text())["model_max_length"]
    longest = [signature(kind.encode_prompt).parameters["max_sequence_length"].default
               for kind in (ZImagePipeline, Flux2KleinPipeline)]  # fmt: skip
    assert said == dict(zip(said, [starter, clip_tokenizer().model_max_length, *longest, longest[1]], strict=True))
    forbidden = {name for name, card in CATALOGUE.items() if not card.may_sell}
    assert forbidden == {name for name, card in CATALOGUE.items() if "non-commercial" in card.licence} == {"sdxl-turbo"}
    assert card_for("someone/fine-tune", "klein").may_sell is None


def test_the_cases_hold_every_pair_of_values() -> None:
    for one, other in itertools.combinations(range(len(VALUES)), 2):
        assert set(itertools.product(VALUES[one], VALUES[other])) == {(case[one], case[other]) for case in CASES}


@pytest.mark.parametrize(("model", "way", "references", "lora"), CASES)
def test_the_picture_is_bit_identical_to_a_bare_diffusers_call(
    engine: DrawingEngine, tiny: dict[str, Path], model: str, way: str, references: int, lora: bool
) -> None:
    wanted = asked(tiny, model, way, references, lora)
    expected = bare(tiny[model], wanted, way)
    cold, _ = engine.run(wanted, Told())
    assert np.array_equal(cold.pixels, expected), "cold"
    engine.run(asked(tiny, model, "image" if way == "words" else "words", 1, not lora, seed=1), Told())
    engine.forget("denoise", "picture")
    warm, _ = engine.run(wanted, Told())
    assert np.array_equal(warm.pixels, expected), "with warm stages, after another task with another LoRA"


def test_what_a_model_was_distilled_for_is_kept_and_said(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    told = []
    for model in ("klein", "klein-base"):
        strong, plan = engine.run(asked(tiny, model, "words", 0, lora=False, negative_prompt="blue"), Told())
        weak, _ = engine.run(asked(tiny, model, "words", 0, lora=False, guidance_scale=1.0), Told())
        assert np.array_equal(strong.pixels, weak.pixels) is (model == "klein")
        told.append(plan.note)
    said = "the guidance and the negative prompt do not count, since this model was distilled to draw without them"
    assert told == [said, ""]


def test_layers_of_the_words_network_that_nobody_reads_are_not_in_memory(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with quiet_libraries():
        klein(tmp_path / "words", layers=31).save_pretrained(tmp_path / "deep")
    card = replace(CATALOGUE["klein"], repo=str(tmp_path / "deep"))
    monkeypatch.setitem(CATALOGUE, "klein", card)
    wanted = asked(tiny, "klein", "words", 0, lora=False)
    made, _ = engine.run(wanted, Told())
    assert np.array_equal(made.pixels, bare(tmp_path / "deep", wanted, "words"))
    model = engine.loaded["klein"]
    assert len(model.components["text_encoder"].model.layers) == 28
    counted = model_bytes(card, tmp_path / "deep", torch.float32, model.family.text_layers)
    held = {one.what: one.bytes for one in engine.memory_report().residents if one.owner == "klein"}
    statistics = sum(one.nbytes for one in model.components["vae"].buffers())
    assert held == {**counted, "vae": counted["vae"] - statistics}, "no more room is made than is taken"


def test_a_picture_of_more_than_a_million_pixels_keeps_its_size(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    wanted = asked(tiny, "klein", "image", 0, lora=False, width=1040, height=1056, steps=1)
    made, plan = engine.run(wanted, Told())
    assert made.size == plan.size == Size(1040, 1056)


def test_an_edited_picture_is_seen_whole() -> None:
    """A larger one goes in with a million pixels at most, none of which is cut off for a multiple of 16."""
    for size in ((1040, 1056), (3000, 700), (64, 64)):
        seen = _seen_whole(Image.new("RGB", size))
        assert seen.width * seen.height <= 1024 * 1024
        assert (seen.width % 16, seen.height % 16) == (0, 0)
        assert seen.width / seen.height == pytest.approx(size[0] / size[1], rel=0.05)


def test_references_need_not_have_one_size(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    """diffusers' own pipeline for masks cuts all to the size of the first; here the second counts to its edges."""
    pictures = []
    for edge in (0, 255):
        first, second = seen(0), seen(1, Size(128, 96))
        pixels = second.pixels.copy()
        pixels[:, -16:] = edge
        second = Picture(pixels)
        base = asked(tiny, "klein", "inpaint", 0, lora=False)
        lent = tuple(Reference(picture=one.hash) for one in (first, second))
        given = {**base.pictures, first.hash: first, second.hash: second}
        pictures.append(engine.run(Request(base.recipe.changed(references=lent), given), Told())[0])
    assert pictures[0] != pictures[1]


def test_from_stroke_to_stroke_only_the_sketch_is_encoded(
    engine: DrawingEngine, tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stroke(x: int) -> Request:
        guide = control(rasterise(Sketch().circle(x, 256, 150)))
        base = asked(tiny, "klein", "words", 1, lora=False)
        recipe = base.recipe.changed(controls=(guide.value,))
        return Request(recipe, {**base.pictures, guide.picture.hash: guide.picture})

    engine.run(stroke(200), Told())
    parts, calls = engine.loaded["klein"].components, []
    encode, read = parts["vae"].encode, parts["text_encoder"].forward
    monkeypatch.setattr(
        parts["vae"], "encode", lambda *args, **kwargs: (calls.append("sees"), encode(*args, **kwargs))[1]
    )
    monkeypatch.setattr(parts["text_encoder"], "forward", lambda *a, **k: (calls.append("reads"), read(*a, **k))[1])
    warm = [engine.run(stroke(x), Told())[0] for x in (230, 260)]
    assert calls == ["sees"] * 2
    assert warm[1] == DrawingEngine("cpu").run(stroke(260), Told())[0]


def test_a_reference_that_cannot_be_seen_is_refused_before_a_model_is_read(
    engine: DrawingEngine, tiny: dict[str, Path]
) -> None:
    base, narrow = asked(tiny, "klein", "words", 0, lora=False), seen(0, Size(64, 1024))
    lent = (Reference(picture=narrow.hash),)
    with pytest.raises(BadInput, match="klein sees references of 64 pixels at least and at most 8 times as long"):
        engine.run(Request(base.recipe.changed(references=lent), {narrow.hash: narrow}), Told())
    assert not engine.loaded


def test_a_sketch_is_shown_with_a_sentence(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    guide = control(rasterise(Sketch().circle(256, 256, 150)), weight=0.5)
    base = asked(tiny, "klein", "words", 1, lora=False)
    recipe = base.recipe.changed(controls=(guide.value,))
    made, plan = engine.run(Request(recipe, {**base.pictures, guide.picture.hash: guide.picture}), Told())
    shown = control_map("lines", guide.picture, SIZE, {})
    sentence = "Draw along the lines of the picture that is white lines on black. a red apple"
    both = (Reference(picture=shown.hash), *base.recipe.references)
    same = Request(base.recipe.changed(prompt=sentence, references=both), {**base.pictures, shown.hash: shown})
    assert np.array_equal(made.pixels, bare(tiny["klein"], same, "words"))
    assert "their numbers do not count" in plan.note


def test_the_labs_own_mask_does_what_diffusers_does_where_both_can(
    engine: DrawingEngine, tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = asked(tiny, "klein", "inpaint", 1, lora=False)
    theirs, _ = engine.run(wanted, Told())
    engine.forget("denoise")
    monkeypatch.setattr("lab.pipelines.denoise.is_hard", lambda _: False)
    told = Told()
    ours, _ = engine.run(wanted, told)
    off = np.abs(theirs.pixels.astype(int) - ours.pixels.astype(int))
    assert off.max() <= 1, f"{(off > 0).mean():.1%} of the values differ, by {off.max()} at most"
    assert {one.size for one in told.previews} == {Size(8, 8)}, "tokens are seen as the picture that they are"


def test_a_preview_shows_what_is_finished(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    """The map to colours is of the very numbers that a step works on: what they decode to it shows small."""
    engine.run(asked(tiny, "klein", "words", 0, lora=False), Told())
    model = engine.loaded["klein"]
    chart = _chart(64)
    encoded = model.components["vae"].encode(chart * 2 - 1).latent_dist.mode()
    layout = model.family.latents
    step = layout.as_step(layout.normalised(model.components["vae"], encoded))
    assert step.shape == (1, 16, 128)
    shown = model.previewer.picture(layout.as_picture(step, SIZE))
    wanted = torch.nn.functional.adaptive_avg_pool2d(chart, (8, 8))[0].permute(1, 2, 0).numpy() * 255
    alike = np.corrcoef(shown.pixels.ravel(), wanted.ravel())[0, 1]
    assert alike > 0.6, f"correlation {alike:.2f}"
    assert torch.equal(layout.as_step(layout.as_picture(step, SIZE)), step)
