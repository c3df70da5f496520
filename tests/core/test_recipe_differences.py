"""What two recipes say differently: which fields, and in texts which words; nothing of a text is lost by it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core import Lora, Recipe
from lab.core.recipes.differences import differences, marked


def said(a: Recipe, b: Recipe) -> list[str]:
    return [str(one) for one in differences(a.model_dump(mode="json"), b.model_dump(mode="json"))]


def test_fields_that_differ_are_named_down_to_the_value() -> None:
    a = Recipe(prompt="a big red apple, on a table", seed=2**64 - 1, loras=(Lora(name="ink"), Lora(name="oil")))
    b = Recipe(prompt="a green apple on the table", seed=2**64 - 1, loras=(Lora(name="ink", weight=0.5),), steps=4)
    assert said(a, b) == [
        "prompt: a [big red] apple[,] on [a] table | a [green] apple on [the] table",
        "loras.0.weight: [1] | [0.5]",
        "loras.1.name: [oil] | nothing",
        "loras.1.weight: [1] | nothing",
        "steps: nothing | [4]",
    ]
    assert said(a, a) == []


FEW = st.text("ab é,.\n", max_size=24)


@settings(max_examples=60)
@given(FEW, FEW)
def test_marks_lose_nothing_and_mark_what_is_not_in_the_other(a: str, b: str) -> None:
    for text, parts in zip((a, b), marked(a, b), strict=True):
        assert "".join(part for part, _ in parts) == text
        assert all(part for part, _ in parts)
        flags = [is_marked for _, is_marked in parts]
        assert all(one != other for one, other in pairwise(flags)), "as few parts as can be"
    assert not any(is_marked for _, is_marked in marked(f"a{a}", f"a{a}")[0])
