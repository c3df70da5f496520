"""The kernel's half of a comparison: the page gets what it sees, without loss and within a message."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lab import BadInput, Lab, Picture
from tests.widgets.controls import page_sends, until_done
from widgets import Compare

NOISE = Picture(np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], list[bytes]]]:
    messages: list[tuple[dict[str, Any], list[bytes]]] = []
    monkeypatch.setattr(Compare, "send", lambda _, content, buffers=None: messages.append((content, buffers or [])))
    return messages


def ask(view: Compare, **said: Any) -> None:
    page_sends(view, {"kind": "side", **said})
    until_done("comparison")


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_the_page_gets_both_and_the_map_without_loss(lab: Lab, sent: list[Any]) -> None:
    other = NOISE.pixels.copy()
    other[7, 9] = 255 - other[7, 9]
    view = Compare(lab, NOISE, other)
    number = view.compared["number"]
    for side in ("a", "b", "map"):
        ask(view, number=number, side=side, longest_px=0)
    assert [pixels(file).tobytes() for _, (file,) in sent] == [
        NOISE.pixels.tobytes(), other.tobytes(), view.comparison.pixels.map.pixels.tobytes(),
    ]  # fmt: skip
    assert sent[0][0] == {"kind": "side", "number": number, "side": "a", "longest_px": 0}
    view.close()


def test_of_a_small_window_it_gets_a_small_picture_and_of_a_large_one_no_more_than_a_message(
    lab: Lab, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    view = Compare(lab, NOISE, NOISE)
    monkeypatch.setattr("widgets.compare.shown_comparison._MOST_BYTES", 60_000)
    ask(view, number=view.compared["number"], side="a", longest_px=128)
    ask(view, number=view.compared["number"], side="a", longest_px=0)
    (_, (small,)), (_, (bounded,)) = sent
    assert pixels(small).shape == (96, 128, 3)
    assert len(bounded) <= 60_000
    view.close()


def test_what_was_compared_before_is_not_answered_with_what_is_now(lab: Lab, sent: list[Any]) -> None:
    view = Compare(lab, NOISE, NOISE)
    before = view.compared["number"]
    assert view.compared["is_identical"]
    view.show(NOISE, 255 - NOISE.pixels)
    assert not view.compared["is_identical"]
    ask(view, number=before, side="a", longest_px=0)
    for wrong in ({"number": True}, {"side": ["a"]}, {"longest_px": -1}, {"side": "c"}):
        ask(view, **{"number": view.compared["number"], "side": "a", "longest_px": 0, **wrong})
    assert sent == []
    with pytest.raises(BadInput):
        Compare(lab, NOISE, "nowhere.png")
    view.close()
    view.close()
