"""What of a prompt a model does not read is said beside the picture, in the user's own words."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from transformers import Qwen2Tokenizer

from lab.core import Recipe, Request
from lab.pipelines.families import FAMILIES, read_by
from lab.pipelines.weights.clip_tokenizer import clip_tokenizer
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

CAT = "a cat " * 5  # twenty letters, each a piece of a word for the tiny tokenizers, which read fourteen


def drawn(engine: DrawingEngine, model: str = "sd15", **changes: Any) -> tuple[np.ndarray, str]:
    settings = {"width": 64, "height": 64, "steps": 2, "prompt": "a cat", **changes}
    picture, plan = engine.run(Request(Recipe(model=model, **settings)), Told())
    return picture.pixels, plan.note


@pytest.mark.parametrize("model", ["sd15", "sdxl"])
def test_words_that_change_nothing_are_said_not_to_be_read(engine: DrawingEngine, model: str) -> None:
    red, note = drawn(engine, model, prompt=f"{CAT}and a Red apple")
    blue, _ = drawn(engine, model, prompt=f"{CAT}and a blue car")
    assert np.array_equal(red, blue)
    assert note == (
        'not read: "cat a cat and a Red apple", since the prompt is longer than '
        "the 14 pieces of words that this model takes"
    )


def test_a_prompt_that_fits_says_nothing(engine: DrawingEngine) -> None:
    assert drawn(engine, prompt="abcdefg hijklmn")[1] == ""


def test_the_negative_prompt_is_named_as_such(engine: DrawingEngine) -> None:
    _, note = drawn(engine, negative_prompt="abcdefg hijklmn blurry")
    assert note.startswith('not read: "blurry", since the negative prompt is longer')


def test_a_negative_prompt_that_the_guidance_leaves_out_is_said_not_to_be_read(engine: DrawingEngine) -> None:
    _, note = drawn(engine, guidance_scale=1.0, negative_prompt="blurry")
    assert note == "the negative prompt is not read, since the guidance is 1 or below: give more than 1"
    assert drawn(engine, guidance_scale=1.5, negative_prompt="blurry")[1] == ""


def test_it_is_said_again_where_nothing_is_read_again(engine: DrawingEngine) -> None:
    first = drawn(engine, prompt=f"{CAT}and a blue car")
    next(iter(engine.loaded.values())).memory.release(live_too=True)
    ran = sum(stage.misses for stage in engine.cache_report().stages)
    again = drawn(engine, prompt=f"{CAT}and a blue car")
    assert again[1] == first[1] != ""
    assert sum(stage.misses for stage in engine.cache_report().stages) == ran
    assert [one.owner for one in engine.memory_report().residents] == ["cache"], (
        "the model was read for the sake of a sentence"
    )


def test_z_image_reads_512_pieces_of_words(engine: DrawingEngine) -> None:
    words = "abcd " * 102
    assert drawn(engine, "z-image", prompt=f"{words}ef")[1] == ""
    _, note = drawn(engine, "z-image", prompt=f"{words}efgh")
    assert note == 'not read: "efgh", since the prompt is longer than the 512 pieces of words that this model takes'


@pytest.mark.parametrize(("before", "after", "read"), [("<u>", "</u>", (509, "fgh ij")), ("", "</u>", None)])
def test_what_stands_around_a_prompt_takes_room_and_is_not_the_users(
    tiny: dict[str, Path], before: str, after: str, read: tuple[int, str] | None
) -> None:
    tokenizer = Qwen2Tokenizer.from_pretrained(tiny["z-image"] / "tokenizer")
    tokenizer.chat_template = f"{before}{{% for one in messages %}}{{{{ one.content }}}}{{% endfor %}}{after}"
    prompt = "abcd " * 101 + "abc fgh ij" if read else "abcd " * 102 + "ef"
    assert FAMILIES["z-image"].read(SimpleNamespace(tokenizer=tokenizer), prompt) == read


def test_long_words_that_were_not_read_are_shortened(engine: DrawingEngine) -> None:
    _, note = drawn(engine, prompt="abcdefg hijklmn " + "far " * 300)
    assert note.startswith('not read: "far far far')
    assert len(note) < 250


@pytest.mark.parametrize(
    ("prompt", "unread"),
    [
        (f"{'cat ' * 75}", None),
        (f"{'cat ' * 75} with an Umbrella,  猫 ", "with an Umbrella,  猫"),
        (f"{'cat ' * 74}Hippopotamus, and more", "Hippopotamus, and more"),
        ("猫" * 30, "猫" * 5),
    ],
)
def test_clip_reads_75_pieces_of_words_and_no_word_by_half(prompt: str, unread: str | None) -> None:
    assert read_by(clip_tokenizer(), prompt) == (unread and (75, unread))
