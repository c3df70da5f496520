"""Pictures are found by words and by fields, in all sessions, and no query does anything else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lab.core import BadInput, Lora, Picture, Recipe, Request
from lab.core.events import Result
from lab.gallery import Gallery
from lab.tasks import plan

RECIPES = [
    Recipe(prompt="a Red apple", seed=7, steps=4),
    Recipe(prompt="a red shoe", seed=2**64 - 1, guidance_scale=5.0),
    Recipe(prompt="100% wool", negative_prompt="apple", seed=7, acceleration="taylorseer"),
]


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    for number, recipe in enumerate(RECIPES):
        request = Request(recipe)
        picture = Picture(np.zeros((4, 4, 3), np.uint8))
        made = Result(picture, request, plan(request).plan, 1.0)
        kept = Gallery(tmp_path, f"day {number}").add(made, is_live=number == 2)
        if number == 1:
            assert kept.path
            Gallery(tmp_path, "day 1").star(kept.path)
    return Gallery(tmp_path, "day 0")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [2, 1, 0]),
        ("red", [1, 0]),
        ("red shoe", [1]),
        ('"red apple"', [0]),
        ("apple", [2, 0]),
        ("prompt:apple", [0]),
        ("seed:7", [2, 0]),
        ("seed:7 steps:4", [0]),
        (f"seed:{2**64 - 1}", [1]),
        ("guidance_scale:5", [1]),
        ("model:START", [2, 1, 0]),
        ("acceleration:taylorseer", [2]),
        ("task:text_to_image apple", [2, 0]),
        ('session:"day 1"', [1]),
        ("starred:yes", [1]),
        ("live:no", [1, 0]),
        ("100%", [2]),
        ("r_d", []),
        ("') or 1 --", None),
        ('"\') or 1 --"', []),
        ("seed:7' or '1", []),
        ("mood:calm", None),
        ("starred:maybe", None),
        ("a " * 21, None),
    ],
)
def test_words_and_fields(gallery: Gallery, query: str, found: list[int] | None) -> None:
    if found is None:
        with pytest.raises(BadInput, match=r"no field|not closed|yes or no|20 words"):
            gallery.search(query)
        return
    assert [kept.recipe for kept in gallery.search(query)] == [RECIPES[number] for number in found]
    assert [kept.recipe for kept in gallery.search(query, 1, skip=1)] == [RECIPES[number] for number in found[1:2]]


def test_loras_are_searched_by_name(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    request = Request(Recipe())
    recipe = Recipe(loras=(Lora(name="ink.safetensors"),))
    ran = plan(request).plan
    gallery.add(Result(Picture(np.zeros((4, 4, 3), np.uint8)), request, replace(ran, recipe=recipe), 1.0))
    assert len(gallery.search("loras:ink")) == 1
    assert gallery.search("loras:oil") == []
