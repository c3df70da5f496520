"""Two kernels on one sketch: the newer one takes it over, or keeps a copy of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.core.sketch import Sketch
from lab.gallery import Autosave

_NAME = "canvas"


def stroke(x: float):
    return Sketch().line([(x, 10), (x, 90)]).strokes[0]


def drawn(autosave: Autosave) -> list[float]:
    return [float(one.points[0][0]) for one in autosave.history(_NAME).sketch.strokes]


def kept(folder: Path) -> list[float]:
    with Autosave(folder) as again:
        return drawn(again)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sessions" / "shop"


def test_who_takes_over_by_force_keeps_the_sketch_and_the_other_becomes_a_copy_that_says_so(folder: Path) -> None:
    with Autosave(folder) as first:
        first.history(_NAME).draw(stroke(1))
        with Autosave(folder) as second:
            second.history(_NAME)
            first.history(_NAME).draw(stroke(2))
            assert second.take_over(_NAME, by_force=True)
            assert drawn(second) == [1, 2]
            second.history(_NAME).draw(stroke(3))
            first.history(_NAME).draw(stroke(4))  # notices it here
            assert not first.records(_NAME)
            assert "Another kernel took this canvas over" in first.not_kept(_NAME)
            assert second.not_kept(_NAME) == ""
        assert kept(folder) == [1, 2, 3]
        first.history(_NAME).draw(stroke(5))  # the other one is closed: recorded again, with what was drawn meanwhile
        assert first.not_kept(_NAME) == ""
        assert drawn(first) == [1, 2, 4, 5]
        first.history(_NAME).undo()
        first.history(_NAME).undo()
        assert drawn(first) == [1, 2, 3], "what the other kernel drew is one step away"


def test_a_copy_is_a_session_of_its_own_with_undo_and_settings(folder: Path) -> None:
    with Autosave(folder) as first, Autosave(folder) as second:
        first.history(_NAME).draw(stroke(1))
        second.history(_NAME).draw(stroke(2))
        second.save_settings("inpaint", {"prompt": "a cup"})
        assert [second.copy(), second.copy()] == ["shop-2", "shop-3"]
        with Autosave(folder.with_name("shop-2")) as copied:
            assert drawn(copied) == [1, 2] or drawn(copied) == [2]
            copied.history(_NAME).undo()
            assert 2 not in drawn(copied)
            assert copied.settings("inpaint") == {"prompt": "a cup"}
            assert copied.not_kept(_NAME) == ""
