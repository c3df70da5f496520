"""Captions, colour words and the tokenizer."""

import random

import numpy as np
import pytest

from lab.starter.train import captions, colours, things


@pytest.mark.parametrize("word", list(colours.HUES))
def test_repainting_gives_the_hue_of_the_word(word: str):
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[16:48, 16:48] = (210, 40, 50)
    alpha = np.zeros((64, 64), np.uint8)
    alpha[16:48, 16:48] = 255
    hue, share = colours.main_hue(colours.repaint(rgb, alpha, word), alpha)
    assert share > 0.9
    assert colours.hue_distance(hue, colours.HUES[word]) < 15, f"{word} came out at {hue:.0f} degrees"


def test_repainting_leaves_other_colours_alone():
    rgb = np.full((64, 64, 3), (210, 40, 50), np.uint8)
    rgb[:10] = (40, 160, 60)
    painted = colours.repaint(rgb, np.full((64, 64), 255, np.uint8), "blue")
    assert np.abs(painted[:10].astype(int) - rgb[:10]).max() <= 2
    assert painted[30, 30, 2] > painted[30, 30, 0]


def test_an_object_knows_its_own_colour():
    alpha = np.full((32, 32), 255, np.uint8)
    table = {"red": (210, 30, 30), "green": (40, 170, 50), "white": (245, 245, 245), "black": (25, 25, 25)}
    for word, rgb in table.items():
        assert colours.own_colour(np.full((32, 32, 3), rgb, np.uint8), alpha) == word


def test_a_repainted_red_apple_is_not_called_red():
    said = {captions.caption(("red apple", "apple"), "blue", "", random.Random(seed)) for seed in range(40)}
    assert said <= {"blue apple", "a blue apple", "the blue apple"}


def test_captions_name_the_background():
    chance = random.Random(0)
    assert "blue" in captions.background_words("blue", None, chance)
    assert captions.background_words(None, "grass", chance).strip() in captions.PLACES["grass"]


def test_articles_fit_the_word():
    said = {captions.with_article("apple", random.Random(seed)) for seed in range(40)}
    assert said == {"apple", "the apple", "an apple"}
    assert "a jeans" not in {captions.with_article("jeans", random.Random(seed)) for seed in range(40)}


@pytest.mark.parametrize(
    ("name", "group", "kept"),
    [
        ("red apple", "Food & Drink", True), ("keycap 3", "Symbols", False), ("flag: Japan", "Flags", False),
        ("three o\u2019clock", "Travel & Places", False), ("red circle", "Symbols", True),
        ("woman running", "People & Body", False), ("waving hand", "People & Body", True),
    ],
)  # fmt: skip
def test_the_world_has_objects_but_no_signs(name: str, group: str, kept: bool):
    assert things.is_kept(name, group) is kept


def test_the_same_objects_are_always_held_out():
    every = [things.Thing(f"{number:x}", (f"thing {number}",), "Objects") for number in range(300)]
    learned, unseen = things.split(every)
    again = things.split(list(reversed(every)))[1]
    assert len(unseen) == things.HELD_OUT_COUNT
    assert not set(learned) & set(unseen)
    assert {thing.code for thing in again} == {thing.code for thing in unseen}


def test_the_tokenizer_gives_words_back():
    import transformers

    from lab.starter.train import tokens

    learned = tokens.learn_pieces(["a red apple on blue background", "a wooden table"] * 20, vocabulary=700)
    assert isinstance(learned, transformers.CLIPTokenizer)
    for text in ("a red apple", "a wooden table", "unseen xylophone"):
        assert learned.decode(learned(text)["input_ids"], skip_special_tokens=True) == text
    ids = tokens.ids_of(learned, ["", "a red apple " * 20])
    assert ids.shape == (2, tokens.POSITIONS)
    assert ids[0].tolist() == [0] + [1] * (tokens.POSITIONS - 1)
