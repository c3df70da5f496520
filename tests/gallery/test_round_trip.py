"""Whatever a recipe says, it is the same after a file and after code."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lab.core
from lab.core import Control, Finish, Lora, Picture, Recipe, Reference, Request, Size
from lab.core.catalogue import model_card
from lab.core.events import Result
from lab.core.model_card import ACCELERATIONS
from lab.core.recipe import Plan
from lab.core.recipes.shareable import shareable
from lab.gallery import png_with_recipe, recipe_in
from lab.gallery.saved_file import _texts, _webp
from tests.endure.full import times

WORDS = st.text(max_size=40)
HASHES = st.text("0123456789abcdef", min_size=32, max_size=32)
FLAGS = st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6) | WORDS
SETTINGS = st.dictionaries(WORDS, FLAGS, max_size=3)
SHARES = st.tuples(st.floats(0, 0.4), st.floats(0.5, 1))
PX = st.none() | st.integers(16, 8192)
CONTROLS = st.builds(
    lambda span, **given: Control(start=span[0], end=span[1], **given),
    SHARES,
    kind=st.sampled_from(["lines", "depth", "tile-2"]),
    picture=HASHES,
    preprocessor=WORDS,
    settings=SETTINGS,
    weight=st.floats(0, 2),
)
RECIPES = st.builds(
    Recipe,
    task=st.sampled_from(["text_to_image", "sketch_to_image", "inpaint", "a_task_of_mine"]),
    model=st.text(min_size=1, max_size=30),
    family=st.none() | st.just("sd15"),
    acceleration=st.none() | st.sampled_from([*ACCELERATIONS]),
    revision=st.none() | st.just("0123456789" * 4),
    prompt=WORDS,
    negative_prompt=WORDS,
    words=st.sampled_from(["plain", "weighted"]),
    seed=st.integers(0, 2**64 - 1),
    variation_seed=st.none() | st.integers(0, 2**64 - 1),
    variation_strength=st.floats(0, 1),
    steps=st.none() | st.integers(1, 150),
    guidance_scale=st.none() | st.floats(0, 30),
    image_guidance_scale=st.none() | st.floats(1, 10),
    strength=st.none() | st.floats(0, 1),
    width=PX,
    height=PX,
    scheduler=st.none() | WORDS,
    loras=st.lists(st.builds(Lora, name=st.text(min_size=1, max_size=90), weight=st.floats(-4, 4)), max_size=3).map(
        tuple
    ),
    controls=st.lists(CONTROLS, max_size=2).map(tuple),
    image=st.none() | HASHES,
    mask=st.none() | HASHES,
    scene=st.none() | HASHES,
    colours=st.none() | HASHES,
    colour_strength=st.floats(0, 1),
    references=st.lists(
        st.builds(Reference, picture=HASHES, weight=st.floats(0, 2), lends=st.sampled_from(["both", "style"])),
        max_size=2,
    ).map(tuple),
    filters=st.lists(st.builds(Finish, name=st.text(min_size=1, max_size=9), settings=SETTINGS), max_size=2).map(tuple),
    settings=SETTINGS,
)
PICTURE = Picture(np.zeros((2, 2, 3), np.uint8))
NAMES = {name: getattr(lab.core, name) for name in ("Recipe", "Control", "Lora", "Reference", "Finish")}


def said_by(code: str) -> Recipe:
    """The recipe in a cell, without a lab: the one assignment to `recipe`."""
    (said,) = [
        one.value
        for one in ast.parse(code).body
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "recipe"
    ]
    return eval(compile(ast.Expression(said), "cell", "eval"), {**NAMES, "__builtins__": {}})  # noqa: S307 - its point


def drawn(recipe: Recipe) -> Result:
    given: dict[str, Any] = {"card": model_card("starter"), "size": Size(2, 2), "scheduler": "ddim"}
    ran = Plan(recipe=recipe, steps=1, steps_run=1, guidance_scale=1.0, **given)
    pictures = dict.fromkeys(recipe.picture_names, PICTURE)
    return Result(PICTURE, Request(recipe, pictures), ran, 0.5)


@settings(max_examples=times(2000, 100), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(RECIPES)
def test_a_recipe_survives_png_webp_and_code(recipe: Recipe) -> None:
    result = drawn(recipe)
    assert recipe_in(png_with_recipe(result)) == shareable(recipe)
    assert recipe_in(_webp(PICTURE, _texts(result))) == shareable(recipe)
    code = recipe.to_code()
    assert said_by(code) == recipe
    assert said_by(code).hash == recipe.hash


async def run(cell: str) -> Any:
    """A cell of a notebook, with its `await`."""
    names: dict[str, Any] = {}
    compiled = compile(cell, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    made = eval(compiled, names)  # noqa: S307 - a cell of the lab's own
    if made is not None:
        await made
    return names["result"]
