"""Weighted prompts are read to their end, by the arithmetic that is documented, and plain ones as ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DiffusionPipeline

from lab.core import BadInput, Recipe, Request
from lab.core.catalogue import CATALOGUE
from lab.pipelines.families._chunks import chunks_of
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.weights.clip_tokenizer import clip_tokenizer
from lab.session.choices import count_words
from lab.tasks import plan
from tests.pipelines import naive_words
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

LONG = "a (red:1.4) cat, ((big)) and [small] dog, with \\(many\\) other, and then some, words"
PROMPTS = [
    "",
    "a cat",
    LONG,
    "(never closed, [nor this",
    "never opened) nor] this:1.2)",
    "(a:1.2) (b: .5 ) (c:-1) (d:1.) (e:x) (f:)",
    "((a [b (c:1.5) d] e:0.5) f",
    "a BREAK b, BREAK (c BREAK d:1.3)BREAK",
    "back\\slash \\\\ \\[x\\] \\(y:1.2\\)",
    "BREAK a",
    ", ".join(f"word{number}" for number in range(60)),
    "cat " * 74 + ", dog, " + "(hippopotamus, :1.1) " * 30,
    "cat " * 75,
    "cat " * 75 + ", and a dog",
    "猫, (犬:1.2) " * 20,
]


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("pieces", [77, 16])
def test_chunks_are_those_of_the_naive_reading(prompt: str, pieces: int) -> None:
    tokenizer = clip_tokenizer()
    tokenizer.model_max_length = pieces
    ours = [list(zip(one.pieces, one.weights, strict=True)) for one in chunks_of(tokenizer, prompt)]
    theirs = naive_words.chunks(tokenizer, prompt)
    assert [[piece for piece, _ in one] for one in ours] == [[piece for piece, _ in one] for one in theirs]
    for one, other in zip(ours, theirs, strict=True):
        assert [weight for _, weight in one] == pytest.approx([weight for _, weight in other])
    assert all(len(one) <= pieces - 2 for one in ours)


def drawn(engine: DrawingEngine, model: str, **changes: Any) -> tuple[np.ndarray, str]:
    settings = {"width": 64, "height": 64, "steps": 2, "prompt": "a cat", "seed": 3, **changes}
    picture, plan = engine.run(Request(Recipe(model=model, **settings)), Told())
    return picture.pixels, plan.note


@pytest.mark.parametrize("model", ["sd15", "sdxl"])
@pytest.mark.parametrize(("prompt", "negative"), [(LONG, ""), ("a (cat:1.3)", LONG), (LONG, "(ugly), grey")])
def test_the_picture_is_that_of_the_naive_reading(
    engine: DrawingEngine, tiny: dict[str, Path], model: str, prompt: str, negative: str
) -> None:
    ours, note = drawn(engine, model, words="weighted", prompt=prompt, negative_prompt=negative)
    with quiet_libraries(), torch.no_grad():
        pipe = DiffusionPipeline.from_pretrained(tiny[model], dtype=torch.float32)
        pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
        pipe.set_progress_bar_config(disable=True)
        theirs = pipe(
            **naive_words.both(pipe, prompt, negative), num_inference_steps=2, width=64, height=64,
            guidance_scale=CATALOGUE[model].guidance_scale, generator=torch.Generator("cpu").manual_seed(3),
        ).images[0]  # fmt: skip
    assert np.abs(ours.astype(int) - np.asarray(theirs).astype(int)).max() <= 1, "a last bit may be rounded otherwise"
    assert note == ""


@pytest.mark.parametrize("model", ["starter", "sd15", "sdxl"])
def test_weights_of_one_and_words_that_fit_are_plain_to_the_bit(engine: DrawingEngine, model: str) -> None:
    words = {"prompt": "a (cat:1.0)", "negative_prompt": "dog"}
    weighted, _ = drawn(engine, model, words="weighted", **words)
    plain, _ = drawn(engine, model, **{**words, "prompt": "a cat"})
    assert np.array_equal(weighted, plain)
    heavier, _ = drawn(engine, model, words="weighted", **{**words, "prompt": "a (cat:1.4)"})
    assert not np.array_equal(weighted, heavier)


@pytest.mark.parametrize("model", ["starter", "sd15", "sdxl"])
def test_what_plain_words_lose_weighted_ones_draw(engine: DrawingEngine, model: str) -> None:
    red, blue = "a cat " * 10 + "a red apple", "a cat " * 10 + "a blue car"
    plain = [drawn(engine, model, prompt=prompt) for prompt in (red, blue)]
    assert np.array_equal(plain[0][0], plain[1][0])
    assert all(note.startswith("not read: ") for _, note in plain), "what is cut is said"
    weighted = [drawn(engine, model, prompt=prompt, words="weighted") for prompt in (red, blue)]
    assert not np.array_equal(weighted[0][0], weighted[1][0])
    assert [note for _, note in weighted] == ["", ""]


def test_a_model_that_edits_reads_weights_too(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    made = []
    for words in ("plain", "weighted"):
        photo = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        request = _edit(photo, words)
        made.append(engine.run(request, Told())[0].pixels)
    assert not np.array_equal(*made)


def _edit(photo: np.ndarray, words: str) -> Request:
    from lab.core import Picture

    picture = Picture(photo)
    recipe = Recipe(task="edit", model="instruct-pix2pix", image=picture.hash, prompt=LONG, words=words, steps=2)
    return Request(recipe, {picture.hash: picture})


def test_a_model_without_clip_takes_no_weights(engine: DrawingEngine) -> None:
    with pytest.raises(BadInput, match=r"z-image reads words as they stand.*leave words='weighted' out"):
        drawn(engine, "z-image", words="weighted")


@pytest.mark.parametrize("model", ["starter", "sd15", "sdxl", "z-image"])
def test_what_is_counted_is_what_is_cut(engine: DrawingEngine, model: str) -> None:
    prompt = "abcd " * 102 + "efgh" if model == "z-image" else "a cat " * 5 + "and a red apple"
    found = count_words(prompt, CATALOGUE[model])
    assert found is not None
    assert found.cut is not None
    _, note = drawn(engine, model, prompt=prompt)
    assert note.startswith(f'not read: "{prompt[found.cut :]}", ')
    assert found.tokens > found.limit
    short = count_words(prompt[: found.cut], CATALOGUE[model])
    assert short is not None
    assert (short.cut, short.limit) == (None, found.limit)
    weighted = count_words(f"({prompt}:1.2)", CATALOGUE[model], weighted=True)
    assert weighted is not None
    assert weighted.tokens == found.tokens or model == "z-image", "brackets are no words"
    assert (weighted.cut is None) is (model != "z-image")


@pytest.mark.parametrize(
    ("prompt", "weight"), [("a (cat:1000)", "1000"), ("(a:-101)", "-101"), ("(" * 60 + "a", "304")]
)
def test_a_weight_beyond_all_sense_is_refused(prompt: str, weight: str) -> None:
    with pytest.raises(BadInput, match=f"counts {weight}.* times in the negative prompt: give it a weight from 0 to 2"):
        plan(Request(Recipe(words="weighted", prompt="a", negative_prompt=prompt)))
    plan(Request(Recipe(prompt="a", negative_prompt=prompt)))
