"""A deletion can be taken back for a day, and then leaves nothing behind."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from lab.gallery import Gallery
from tests.gallery.results import result


def test_a_deleted_picture_comes_back_with_its_star_and_its_sources(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    made = [gallery.add(result(seed)) for seed in range(3)]
    assert gallery.star(made[1].path)
    assert gallery.delete(made[1].path)
    assert not gallery.delete(made[1].path)
    assert [kept.path for kept in gallery.latest(9)] == [made[2].path, made[0].path]
    assert [kept.path for kept in gallery.search("", 1, skip=1)] == [made[0].path], "no place is left where it was"
    reopened = Gallery(tmp_path, "another")
    assert [kept.path for kept in reopened.search("")] == [made[2].path, made[0].path]
    assert reopened.undelete(made[1].path)
    assert not reopened.undelete(made[1].path)
    assert [(kept.path, kept.is_starred) for kept in reopened.search("")] == [
        (made[2].path, False), (made[1].path, True), (made[0].path, False),
    ]  # fmt: skip
    assert gallery.source(*made[1].request.pictures)


def test_a_picture_that_was_deleted_over_a_day_ago_is_gone_with_its_row(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    old, new = (gallery.add(result(seed)).path for seed in range(2))
    assert gallery.delete(old)
    assert gallery.delete(new)
    (aside,) = old.parent.glob(f".*{old.name}")
    os.utime(aside, (0, 0))
    reopened = Gallery(tmp_path, "mine")
    assert reopened.latest(9) == []
    assert not reopened.undelete(old)
    assert reopened.undelete(new)
    with closing(sqlite3.connect(tmp_path / "gallery.sqlite")) as rows:
        assert rows.execute("select count(*) from pictures").fetchone() == (1,)


def test_no_file_outside_of_the_gallery_is_deleted(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path / "gallery", "mine")
    outside = tmp_path / "my.png", gallery.folder / "gallery.sqlite", gallery.folder / "day" / ".." / ".." / "my.png"
    for path in outside:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert not gallery.delete(path)
        assert path.exists()
    assert not gallery.delete(gallery.folder / "day" / "\0.png")
