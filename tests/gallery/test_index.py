"""The index of a gallery: what a kill, a disk or another kernel does to it costs no picture, no source and no star."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.core import Control, Picture, Recipe, Request
from lab.core.events import Result
from lab.gallery import Gallery
from lab.gallery.rows import enter
from lab.tasks import plan

INDEX = "gallery.sqlite"


def result(seed: int, *, grey: int = 200) -> Result:
    sketch = Picture(np.full((8, 8, 3), grey, np.uint8))
    recipe = Recipe(task="sketch_to_image", seed=seed, controls=(Control(picture=sketch.hash),))
    request = Request(recipe, {sketch.hash: sketch})
    return Result(Picture(np.full((8, 8, 3), seed, np.uint8)), request, plan(request).plan, 1.5)


def overwritten(index: Path) -> None:
    index.write_bytes(b"this is no database" * 100)


def torn(index: Path) -> None:
    """All but its first page is noise."""
    content = index.read_bytes()
    index.write_bytes(content[:4096] + bytes(np.random.default_rng(0).integers(0, 256, len(content) - 4096, np.uint8)))


def of_another(index: Path) -> None:
    index.unlink()
    with closing(sqlite3.connect(index)) as rows, rows:
        rows.execute("create table pictures (id, mood)")


def changed(values: str) -> Callable[[Path], None]:
    """Garbage that SQLite itself has no word against."""

    def change(index: Path) -> None:
        with closing(sqlite3.connect(index)) as rows, rows:
            rows.execute("pragma ignore_check_constraints = on")
            rows.execute(f"update pictures set {values} where id = 2")  # noqa: S608

    return change


GARBAGE: dict[str, Callable[[Path], object]] = {
    "overwritten": overwritten,
    "torn": torn,
    "cut": lambda index: index.write_bytes(index.read_bytes()[:5000]),
    "empty": lambda index: index.write_bytes(b""),
    "gone": Path.unlink,
    "of another program": of_another,
    "no time": changed("made_at = 'yesterday'"),
    "no text": changed("recipe = cast(x'ff00fe' as text)"),
    "bytes": changed("recipe = x'00', file = x'00'"),
    "no number": changed("seconds = 'long'"),
}


def settled(folder: Path) -> Path:
    """The index, with all that was in its log."""
    with closing(sqlite3.connect(folder / INDEX)) as rows:
        rows.execute("pragma wal_checkpoint(truncate)")
    return folder / INDEX


@pytest.mark.parametrize("garbage", GARBAGE)
def test_an_index_of_garbage_is_made_again_from_the_pictures(tmp_path: Path, garbage: str) -> None:
    mine, other = Gallery(tmp_path, "mine"), Gallery(tmp_path, "other")
    for seed in range(5):
        mine.add(result(seed), is_live=seed == 4)
    other.add(result(9))
    del mine, other
    GARBAGE[garbage](settled(tmp_path))
    again = Gallery(tmp_path, "mine")
    assert [kept.recipe.seed for kept in again.latest(10)] == [4, 3, 2, 1, 0]
    assert again.latest()[0].seconds == 1.5
    assert [kept.recipe.seed for kept in Gallery(tmp_path, "other").latest(10)] == [9]
    assert again.add(result(6)).not_kept == ""


def test_an_index_that_breaks_while_a_kernel_uses_it_is_mended_at_the_next_picture(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    gallery.add(result(1))
    overwritten(settled(tmp_path))
    assert gallery.add(result(2)).not_kept == ""
    assert [kept.recipe.seed for kept in gallery.latest(10)] == [2, 1]
    assert len(list(tmp_path.glob("*-*/*.png"))) == 2


def test_live_pictures_of_a_lost_index_are_kept_for_good_since_nobody_knows_their_stars(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    gallery.add(result(1), is_live=True)
    overwritten(settled(tmp_path))
    for seed in range(100, 160):
        gallery.add(result(seed), is_live=True)
    assert len(gallery.latest(100)) == 51


def test_stars_that_can_still_be_read_come_back(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    for seed in range(2):
        starred = gallery.add(result(seed), is_live=True)
    assert starred.path
    gallery.star(starred.path)
    with closing(sqlite3.connect(tmp_path / INDEX)) as rows, rows:
        rows.execute("alter table pictures drop column summary")
    assert [(kept.is_starred, kept.is_live) for kept in Gallery(tmp_path, "mine").latest(10)] == [
        (True, True),
        (False, True),
    ]


KILLED = """
import os, sys
from pathlib import Path
from lab.gallery import Gallery, gallery
from tests.gallery.test_index import result
mine = Gallery(Path(sys.argv[1]), "mine")
mine.add(result(1))
gallery.enter = lambda *_: os.kill(os.getpid(), 9)
mine.add(result(2, grey=90))
"""


def test_a_kill_between_file_and_row_hides_no_picture(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == -9
    gallery = Gallery(tmp_path, "mine")
    assert [kept.recipe.seed for kept in gallery.latest(10)] == [2, 1]
    assert all(gallery.source(*kept.recipe.picture_names) for kept in gallery.latest(10))


def test_sources_of_no_picture_are_swept_when_they_are_old(tmp_path: Path) -> None:
    needed = Gallery(tmp_path, "mine").add(result(1)).request.recipe.controls[0].picture
    sources = tmp_path / "sources"
    old, new = sources / f"{'0' * 32}.png", sources / f"{'1' * 32}.png"
    for file in (old, new):
        file.write_bytes(b"of a killed process")
    for file in (old, sources / f"{needed}.png"):
        os.utime(file, (time.time() - 10**6,) * 2)
    Gallery(tmp_path, "other").latest()
    assert {file.stem for file in sources.iterdir()} == {needed, new.stem}


def test_no_source_goes_while_another_kernel_is_about_to_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look whether a source is there and the row that names it, nobody else may evict."""
    ours, theirs = Gallery(tmp_path, "ours"), Gallery(tmp_path, "theirs")
    for seed in range(50):
        theirs.add(result(seed), is_live=True)
    monkeypatch.setattr("lab.gallery.index._WAIT_S", 0)
    notes = []

    def meanwhile(*given: Any) -> None:
        monkeypatch.setattr("lab.gallery.gallery.enter", enter)
        notes.extend(theirs.add(result(seed, grey=10), is_live=True).not_kept for seed in range(50))
        enter(*given)

    monkeypatch.setattr("lab.gallery.gallery.enter", meanwhile)
    kept = ours.add(result(99))
    assert all("locked" in note for note in notes)
    assert ours.source(*kept.request.recipe.picture_names)


def test_an_index_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Gallery(tmp_path, "mine").add(result(1))
    with closing(sqlite3.connect(tmp_path / INDEX)) as rows:
        rows.execute("pragma user_version = 99")
    gallery = Gallery(tmp_path, "mine")
    assert "newer version of the lab" in gallery.add(result(2)).not_kept
    assert gallery.latest() == []
    with closing(sqlite3.connect(tmp_path / INDEX)) as rows:
        rows.execute("pragma user_version = 1")
    assert [kept.recipe.seed for kept in Gallery(tmp_path, "mine").latest(10)] == [2, 1]
