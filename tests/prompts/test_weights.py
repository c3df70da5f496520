"""What stands in brackets counts as the table at the head of `lab.prompts.weights` says."""

from __future__ import annotations

import pytest

from lab.prompts import BREAK, nudged, weighed


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("", [("", 1)]),
        ("a cat", [("a cat", 1)]),
        ("(a)", [("a", 1.1)]),
        ("((a))", [("a", 1.21)]),
        ("[a]", [("a", 1 / 1.1)]),
        ("(a:1.4) b", [("a", 1.4), (" b", 1)]),
        ("((a:1.2) b)", [("a", 1.32), (" b", 1.1)]),
        (r"\(a:1.2\) \\ \[b\]", [(r"(a:1.2) \ [b]", 1)]),
        ("a) b] c:1.2)", [("a) b] c:1.2)", 1)]),
        ("(a [b", [("a ", 1.1), ("b", 1)]),
        ("(a:big)", [("a:big", 1.1)]),
        ("10:30 (at night:0.9)", [("10:30 ", 1), ("at night", 0.9)]),
        ("a BREAK b", [("a", 1), BREAK, ("b", 1)]),
        ("(a BREAK b:2)", [("a", 2), BREAK, ("b", 2)]),
        ("BREAKFAST", [("BREAKFAST", 1)]),
    ],
)
def test_a_prompt_is_read_as_stretches_with_weights(prompt: str, wanted: list[tuple[str, float]]) -> None:
    read = weighed(prompt)
    assert [one.text for one in read] == [text for text, _ in wanted]
    assert [one.weight for one in read] == pytest.approx([weight for _, weight in wanted])


def test_ten_thousand_brackets_are_read() -> None:
    assert weighed("(" * 5000 + "a" + ")" * 5000)[0].text == "a"


@pytest.mark.parametrize(
    ("prompt", "selected", "step", "wanted", "then"),
    [
        ("a red apple", (2, 5), 0.1, "a (red:1.1) apple", "red"),
        ("a red apple", (4, 4), 0.1, "a (red:1.1) apple", "red"),  # the word at the caret
        ("a red apple", (2, 5), -0.1, "a (red:0.9) apple", "red"),
        ("a (red:1.1) apple", (3, 6), 0.1, "a (red:1.2) apple", "red"),
        ("a (red:1.1) apple", (2, 11), -0.1, "a red apple", "red"),
        ("a (red:0.05) apple", (3, 6), -0.1, "a (red:0) apple", "red"),
        ("a red apple", (11, 2), 0.1, "a (red apple:1.1)", "red apple"),  # selected from the right
        ("a  apple", (2, 2), 0.1, "a  apple", ""),
        ("", (5, 9), 0.1, "", ""),
    ],
)
def test_a_key_changes_the_weight_of_what_is_selected(
    prompt: str, selected: tuple[int, int], step: float, wanted: str, then: str
) -> None:
    made = nudged(prompt, *selected, step)
    assert made.prompt == wanted
    assert made.prompt[made.start : made.end] == then


def test_up_and_down_again_is_the_same_prompt() -> None:
    made = nudged("a red apple", 2, 5, 0.1)
    for step in (0.1, 0.1, -0.1, -0.1, -0.1):
        made = nudged(*made, step)
    assert made == ("a red apple", 2, 5)
