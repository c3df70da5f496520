"""A journal stays as small as what it must bring back, and one that is damaged loses no more than what is damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lab.core import Mask, Picture, Size, Sketch, SketchHistory, Stroke
from lab.core import history as undo
from lab.gallery import Autosave, journal

DICE = np.random.default_rng(0)
SIZE = Size(96, 64)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds as they are to photographs."""
    monkeypatch.setattr(undo, "UNDO_BYTES", 100_000)
    monkeypatch.setattr(journal, "_SMALL_BYTES", 20_000)


def noise() -> Picture:
    return Picture(DICE.integers(0, 256, (64, 96, 3), np.uint8))


def stroke(x: float) -> Stroke:
    return Stroke(np.array([[x, 1.0]]))


def bitmap() -> Stroke:
    return Stroke.of_mask(Mask(DICE.integers(0, 256, (64, 96), np.uint8)))


def bytes_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def same(history: SketchHistory, other: SketchHistory) -> bool:
    return history.timeline == other.timeline


def dropped(history: SketchHistory) -> None:
    history.lay(noise(), SIZE)


def redrawn(history: SketchHistory) -> None:
    history.redraw(bitmap())


def drawn_and_cleared(history: SketchHistory) -> None:
    history.draw(Stroke(DICE.uniform(0, 64, (500, 2))))
    history.clear()


@pytest.mark.parametrize("change", [dropped, redrawn, drawn_and_cleared])
def test_a_journal_is_bounded_however_much_is_drawn(tmp_path: Path, change: Callable[[SketchHistory], None]) -> None:
    with Autosave(tmp_path) as first:
        history = first.history("canvas", SIZE)
        sizes = []
        for _ in range(60):
            change(history)
            sizes.append(bytes_of(tmp_path))
        assert history.can_undo
        assert history.steps[0] < 60 * (2 if change is drawn_and_cleared else 1), "the oldest steps are forgotten"
        history.undo()
        assert max(sizes) < 450_000, "what undo may keep, as PNG or base64, and half as much again"
    with Autosave(tmp_path) as second:
        again = second.history("canvas")
        assert again.sketch == history.sketch
        assert again.steps[1] == 1
        assert again.steps[0] >= history.steps[0]
        assert second.not_kept("canvas") == ""


def test_undo_keeps_the_last_step_whatever_it_weighs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "UNDO_BYTES", 1)
    history = SketchHistory(Sketch(SIZE))
    pictures = [noise() for _ in range(3)]
    for picture in pictures:
        history.lay(picture)
    assert history.steps == (1, 0)
    history.undo()
    assert history.sketch.background == pictures[1]
    history.redo()
    assert history.sketch.background == pictures[2]


def test_strokes_weigh_nothing_as_long_as_they_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "UNDO_BYTES", 1)
    history = SketchHistory()
    for x in range(50):
        history.draw(stroke(x))
    assert history.steps == (50, 0)


def test_a_journal_that_is_written_anew_brings_back_all_of_undo_and_redo(tmp_path: Path) -> None:
    with Autosave(tmp_path) as first:
        history = first.history("canvas", SIZE)
        history.draw(stroke(1))
        history.draw(bitmap())
        history.lay(noise(), Size(80, 64))
        history.replace(Sketch(SIZE, (stroke(2), stroke(3)), noise()))
        history.redraw(stroke(3), bitmap())
        history.clear()
        history.draw(stroke(4))
        for _ in range(3):
            history.undo()
        journal.Journal(tmp_path / "canvas.sketch.jsonl", history).write_anew()
    with Autosave(tmp_path) as second:
        assert same(second.history("canvas"), history)
        assert second.history("canvas").steps == (4, 3)


def test_no_picture_stays_that_no_line_names(tmp_path: Path) -> None:
    pictures = tmp_path / "canvas.sketch.pictures"
    with Autosave(tmp_path) as first:
        history = first.history("canvas", SIZE)
        for _ in range(30):
            dropped(history)
        assert 1 < len(list(pictures.iterdir())) < 15
    (pictures / f"{'0' * 32}.png").write_bytes(b"of a kernel that was killed before it wrote the line")
    with Autosave(tmp_path) as second:
        names = {one.background.hash for one in second.history("canvas").timeline[0] if one.background}
        assert names <= {file.stem for file in pictures.iterdir()}
        assert not (pictures / f"{'0' * 32}.png").exists()


def test_a_journal_whose_pictures_are_in_its_lines_comes_back_and_shrinks(tmp_path: Path) -> None:
    """As earlier versions wrote it."""
    lines: list[str] = []
    old = SketchHistory(Sketch(SIZE), lambda change: lines.append(json.dumps(change)))
    for _ in range(20):
        dropped(old)
    paper = json.dumps({"op": "paper", "sketch": Sketch(SIZE).to_dict()})
    (tmp_path / "canvas.sketch.jsonl").write_text("".join(f"{line}\n" for line in [paper, *lines]))
    before = bytes_of(tmp_path)
    with Autosave(tmp_path) as session:
        assert session.history("canvas").sketch == old.sketch
        assert bytes_of(tmp_path) < before / 2


MALFORMED = [
    b'{"op": "draw", "stroke": {"points": "AAAA"}}',
    b'{"op": "draw", "stroke": 7}',
    b'{"op": "melt"}',
    b"[1, 2]",
    b"\xff\xfe nonsense",
    b'{"op": "lay", "background": {"picture": "../../secret"}, "size": [96, 64]}',
    b'{"op": "lay", "background": {"picture": "00000000000000000000000000000000"}, "size": [96, 64]}',
    b'{"op": "redraw", "strokes": [[[' + b"[" * 5000,
]


@pytest.mark.parametrize("line", MALFORMED)
def test_a_malformed_change_is_left_out_and_said_to_be(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "canvas.sketch.jsonl"
    with Autosave(tmp_path) as first:
        history = first.history("canvas")
        for x in range(3):
            history.draw(stroke(x))
    good = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*good[:3], line, *good[3:], b'{"op": "undo"}', b'{"op": "undo"}']) + b"\n")
    with Autosave(tmp_path) as second:
        again = second.history("canvas")
        assert again.sketch.strokes == (stroke(0), stroke(1)), "two steps back: the third stroke, and the malformed one"
        again.redo()
        again.redo()
        assert again.sketch.strokes == (stroke(0), stroke(1), stroke(2))
        assert "One change of the saved sketch could not be read and was left out" in second.not_kept("canvas")
        again.draw(stroke(9))
    assert line in (tmp_path / "canvas.sketch.unreadable").read_bytes()
    with Autosave(tmp_path) as third:
        assert third.history("canvas").sketch.strokes[-1] == stroke(9)
        assert third.not_kept("canvas") == ""


def test_a_copy_takes_over_when_the_other_kernel_has_closed(tmp_path: Path) -> None:
    first = Autosave(tmp_path)
    theirs = first.history("canvas")
    theirs.draw(stroke(1))
    with Autosave(tmp_path) as second:
        ours = second.history("canvas")
        assert not second.take_over("canvas")
        assert "open in another kernel too" in second.not_kept("canvas")
        theirs.draw(stroke(2))
        first.close()
        assert second.take_over("canvas")
        assert same(ours, theirs), "nothing was drawn here: it is as they left it"
        assert (second.records("canvas"), second.not_kept("canvas")) == (True, "")
        ours.draw(stroke(3))
    with Autosave(tmp_path) as third:
        assert third.history("canvas").sketch.strokes == (stroke(1), stroke(2), stroke(3))


def test_what_was_drawn_on_a_copy_lies_above_what_the_other_kernel_drew(tmp_path: Path) -> None:
    first = Autosave(tmp_path)
    theirs = first.history("canvas")
    theirs.draw(stroke(1))
    with Autosave(tmp_path) as second:
        ours = second.history("canvas")
        ours.draw(stroke(7))
        theirs.draw(stroke(2))
        first.close()
        ours.draw(stroke(8))  # which takes over by itself
        assert second.records("canvas")
        ours.undo()
    with Autosave(tmp_path) as third:
        again = third.history("canvas")
        assert again.sketch.strokes == (stroke(1), stroke(7))
        again.redo()
        assert again.sketch.strokes == (stroke(1), stroke(7), stroke(8))
        for _ in range(2):
            again.undo()
        assert again.sketch.strokes == (stroke(1), stroke(2)), "one step before: what the other kernel left"


def test_what_cannot_be_written_is_said_once_and_brought_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with Autosave(tmp_path) as session:
        history = session.history("canvas")
        history.draw(stroke(1))
        monkeypatch.setattr(journal.Journal, "_append", full)
        monkeypatch.setattr(journal, "write_whole", full)
        with pytest.raises(OSError, match="No space left"):
            history.draw(stroke(2))
        for x in range(3, 6):
            history.draw(stroke(x))
        assert "not kept: nothing is kept in" in session.not_kept("canvas")
        assert "No space left on device" in session.not_kept("canvas")
        monkeypatch.undo()
        history.draw(stroke(6))
        assert session.not_kept("canvas") == ""
    with Autosave(tmp_path) as again:
        assert again.history("canvas").sketch == history.sketch
