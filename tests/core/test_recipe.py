from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core import BadInput, Control, Lora, Picture, Recipe, Request
from lab.core.params import control_param, recipe_param

NAME = "0123456789abcdef" * 2

recipes = st.builds(
    Recipe,
    task=st.sampled_from(["text_to_image", "sketch_to_image"]),
    prompt=st.text(max_size=50),
    negative_prompt=st.text(max_size=20),
    seed=st.integers(0, 2**64 - 1),
    steps=st.none() | st.integers(1, 150),
    guidance_scale=st.none() | st.floats(0, 30),
    strength=st.floats(0, 1),
    width=st.none() | st.integers(16, 8192),
    loras=st.lists(st.builds(Lora, name=st.just("ink"), weight=st.floats(-4, 4)), max_size=2).map(tuple),
    controls=st.lists(
        st.builds(Control, picture=st.just(NAME), weight=st.floats(0, 2), settings=st.just({"threshold": 0.5})),
        max_size=2,
    ).map(tuple),
    image=st.none() | st.just(NAME),
    words=st.sampled_from(["plain", "weighted"]),
    variation_seed=st.none() | st.integers(0, 2**32 - 1),
    variation_strength=st.floats(0, 1),
)


@given(recipes)
def test_a_recipe_survives_json(recipe: Recipe) -> None:
    assert Recipe.from_json(recipe.to_json()) == recipe


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"stepz": 4}, "there is no field 'stepz'"),
        ({"steps": 0}, "steps: should be at least 1, not 0"),
        ({"steps": 2.5}, "steps: .*not 2.5"),
        ({"strength": float("nan")}, "strength: .*finite.*nan"),
        ({"strength": 1.4}, "strength: should be at most 1, not 1.4"),
        ({"guidance_scale": float("inf")}, "guidance_scale: .*inf"),
        ({"seed": -1}, "seed: should be at least 0, not -1"),
        ({"seed": 2**64}, "seed: should be at most 18446744073709551615"),
        ({"image": "a.png"}, "image: .*'a.png'"),
        ({"schema_version": 99}, "schema_version: should be at most 2"),
        ({"acceleration": "magic"}, "no acceleration 'magic': use one of taylorseer, channels_last, compile"),
        ({"acceleration": 7}, "acceleration: .*not 7"),
        ({"steps": 0, "seed": -1}, "seed.*; steps"),
    ],
)
def test_a_wrong_field_is_one_clear_sentence(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        Recipe(**wrong)
    with pytest.raises(BadInput):
        Recipe.from_json(json.dumps(wrong))


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("sd15 + taylorseer", {"model": "sd15", "acceleration": "taylorseer"}),
        ("someone/fine-tune + compile", {"model": "someone/fine-tune", "acceleration": "compile"}),
        ("starter", {"model": "starter"}),
        ("/models/old + new", {"model": "/models/old + new"}),
    ],
)
def test_a_recipe_of_the_first_version_says_what_it_said_then(model: str, fields: dict[str, str]) -> None:
    """When a model's name could say how it was made faster."""
    assert Recipe.from_json(json.dumps({"schema_version": 1, "model": model, "seed": 3})) == Recipe(seed=3, **fields)


def test_a_models_name_in_a_recipe_is_a_name_and_nothing_else() -> None:
    assert Recipe(model="sd15 + taylorseer").model == "sd15 + taylorseer"


def test_a_recipe_of_a_newer_version_says_so() -> None:
    with pytest.raises(BadInput, match="of version 3, of a newer lab: this one reads up to 2"):
        Recipe.from_json('{"schema_version": 3, "mood": "calm"}')


def test_a_recipe_has_not_so_many_of_anything_that_they_fill_the_memory() -> None:
    many = {"loras": [{"name": "ink"}] * 100_000, "settings": {f"s{number}": 1 for number in range(100_000)}}
    for name, value in many.items():
        with pytest.raises(BadInput, match=f"{name}: .*at most 64 items"):
            Recipe.from_json(json.dumps({name: value}))


def test_the_name_of_a_recipe_is_that_of_what_it_says() -> None:
    assert Recipe(seed=1).hash == Recipe(seed=1, prompt="").hash != Recipe(seed=2).hash
    assert Recipe(seed=1).hash == Recipe.from_json(json.dumps({"schema_version": 1, "seed": 1})).hash


def test_a_recipe_says_a_precision_only_where_it_is_not_exact() -> None:
    assert "precision" not in Recipe(precision="exact").to_json()
    assert Recipe(precision="exact").hash == Recipe().hash != Recipe(precision="8bit").hash
    assert Recipe(precision="8bit", seed=1).answers(Recipe(precision="auto", seed=1))
    assert not Recipe(precision="8bit", seed=1).answers(Recipe(precision="auto"))
    assert not Recipe(precision="8bit").answers(Recipe())


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', b"\xff\xfe", "[" * 100_000, '{"a":' * 100_000])
def test_what_is_not_a_recipe_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="this recipe cannot be used"):
        Recipe.from_json(text)


def test_a_table_whose_names_are_no_text_is_no_recipe() -> None:
    with pytest.raises(BadInput, match=r"controls\.0: should be a table whose names are all text, not"):
        Recipe(controls=({1: 2},))  # pyright: ignore[reportArgumentType]
    with pytest.raises(BadInput, match="asked must be a table whose names are all text"):
        Recipe().answers({1: 2})  # pyright: ignore[reportArgumentType]


def test_a_control_must_start_before_it_ends() -> None:
    with pytest.raises(BadInput, match=r"start before it ends, not at 0\.8 with the end at 0\.2"):
        Control(picture=NAME, start=0.8, end=0.2)
    with pytest.raises(BadInput, match=r"start before it ends, not at 0\.5 with the end at 0\.5"):
        Control(picture=NAME, start=0.5, end=0.5)


def test_a_mistake_inside_a_control_is_said_once() -> None:
    with pytest.raises(BadInput, match=r"^this recipe cannot be used: picture: "):
        Recipe(controls=({"picture": "x"},))  # pyright: ignore[reportArgumentType]


def test_a_changed_recipe_is_checked_again() -> None:
    assert Recipe(seed=1).changed(seed=2).seed == 2
    with pytest.raises(BadInput, match="steps"):
        Recipe().changed(steps=1000)


def test_a_recipe_cannot_be_changed_in_place() -> None:
    with pytest.raises(Exception, match="frozen"):
        Recipe().seed = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_a_request_without_its_picture_is_refused() -> None:
    recipe = Recipe(controls=(Control(picture=NAME),))
    with pytest.raises(BadInput, match=f"needs the picture {NAME}"):
        Request(recipe)


def test_a_request_keeps_only_the_pictures_that_its_recipe_names() -> None:
    used, unused = (Picture(np.full((2, 2, 3), value, np.uint8)) for value in (1, 2))
    request = Request(Recipe(image=used.hash), {used.hash: used, unused.hash: unused})
    assert set(request.pictures) == {used.hash}


def test_sliders_read_their_bounds_from_the_fields() -> None:
    assert (recipe_param("steps").low, recipe_param("steps").high) == (1, 150)
    assert (control_param("weight").low, control_param("weight").high) == (0, 2)
    assert (recipe_param("strength").low, recipe_param("strength").high) == (0, 1)
    assert "denoise" in recipe_param("strength").help


def test_what_says_nothing_is_not_written() -> None:
    """A recipe that uses none of these is read by a lab that knows none of them."""
    written = json.loads(Recipe(prompt="a cat", variation_strength=0.0).to_json())
    assert not {"words", "variation_seed", "variation_strength"} & set(written)
    said = {"words": "weighted", "variation_seed": 0, "variation_strength": 0.1}
    assert said.items() <= json.loads(Recipe(**said).to_json()).items()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("DPM++ 2M Karras", "dpm++ 2m karras"),
        ("dpmpp_2m_sde karras", "dpm++ 2m sde karras"),
        ("euler_ancestral", "euler a"),
        ("uni_pc", "unipc"),
        (" LCM ", "lcm"),
        ("magic", "magic"),
    ],
)
def test_a_sampler_goes_by_the_names_of_the_field(said: str, name: str) -> None:
    assert Recipe(scheduler=said).scheduler == name


def test_integers_of_numpy_are_integers() -> None:
    recipe = Recipe(seed=np.int64(3), steps=np.uint8(4))
    assert (recipe.seed, type(recipe.seed), recipe.steps) == (3, int, 4)
    with pytest.raises(BadInput, match="seed: should be at least 0, not -1"):
        Recipe(seed=np.int64(-1))
