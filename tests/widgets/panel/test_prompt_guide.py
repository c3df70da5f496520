"""The count beside a prompt, and weights of words by keys."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lab.core.catalogue import ModelCard, model_card
from lab.session.choices import WordCount
from lab.tasks import task_named
from tests.widgets.controls import page_sends, part_of
from widgets import ParamPanel
from widgets.base.dispose import close_all
from widgets.panel.prompt_guide import PromptGuide

SOON_S = 20


def by_letters(prompt: str, _: ModelCard, is_weighted: bool) -> WordCount | None:
    """One token a letter, of which five are read at once."""
    return WordCount(len(prompt), 5, None if is_weighted or len(prompt) <= 5 else 5, -(-len(prompt) // 5))


def counted(guide: PromptGuide) -> dict[str, Any]:
    """The count, once it is there."""
    came = threading.Event()
    guide.observe(lambda _: came.set(), names="count")
    if not guide.count:
        assert came.wait(SOON_S)
    return guide.count


def test_a_prompt_is_counted_beside_the_thread_that_it_comes_on() -> None:
    guide = PromptGuide(model_card("sd15"), lambda _: None, by_letters)
    guide.look_at("a red cat", is_weighted=False)
    assert guide.count == {}, "not before the engine is there"
    guide.wake()
    assert counted(guide) == {"prompt": "a red cat", "tokens": 9, "limit": 5, "cut": 5, "chunks": 2}
    guide.look_at("", is_weighted=False)
    assert guide.count == {}
    guide.close()


@pytest.mark.parametrize(
    ("prompt", "start", "end", "is_more", "wanted", "words"),
    [
        ("a red cat", 2, 5, True, "a (red:1.1) cat", "weighted"),
        ("a red cat", 3, 3, False, "a (red:0.9) cat", "weighted"),
        ("a (red:1.1) cat", 3, 6, False, "a red cat", "plain"),
    ],
)
def test_the_keys_change_the_weight_and_let_it_be_read(
    monkeypatch: pytest.MonkeyPatch, prompt: str, start: int, end: int, is_more: bool, wanted: str, words: str
) -> None:
    panel = ParamPanel(model_card("sd15"), task_named("text_to_image"))
    guide = part_of(panel, PromptGuide)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(guide, "send", sent.append)
    page_sends(guide, {"kind": "weigh", "prompt": prompt, "start": start, "end": end, "is_more": is_more})
    assert (panel.settings["prompt"], panel.settings["words"]) == (wanted, words)
    assert sent[0]["prompt"] == wanted
    assert wanted[sent[0]["start"] : sent[0]["end"]] == "red"
    close_all(panel)


@pytest.mark.parametrize("said", [{}, {"kind": "weigh"}, {"kind": "weigh", "prompt": "a", "start": "x", "end": 1}])
def test_what_no_key_sends_changes_nothing(said: dict[str, Any]) -> None:
    weighed: list[str] = []
    guide = PromptGuide(model_card("sd15"), weighed.append, by_letters)
    page_sends(guide, said)
    assert weighed == []
    guide.close()
