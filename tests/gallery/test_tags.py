"""Tags: given, found, taken away; a tagged picture is never let go, and a broken index loses no tag."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lab import BadInput
from lab.gallery import Gallery
from tests.gallery.test_index import INDEX, result


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path, "mine")


def kept(gallery: Gallery, seed: int, *, is_live: bool = False) -> Path:
    path = gallery.add(result(seed), is_live=is_live).path
    assert path is not None
    return path


def seeds(gallery: Gallery, query: str) -> list[int]:
    return [one.recipe.seed for one in gallery.search(query)]


def test_tags_are_found_by_their_whole_name_whatever_the_capitals(gallery: Gallery) -> None:
    one, other = kept(gallery, 1), kept(gallery, 2)
    assert gallery.tag(one, [" Summer  sale", "100_a"]) == ("100_a", "Summer sale")
    assert gallery.tag(one, ["SUMMER SALE"]) == ("100_a", "Summer sale")
    gallery.tag(other, ["summer"])
    assert gallery.tags == ("100_a", "summer", "Summer sale")
    assert seeds(gallery, "tag:summer") == [2]
    assert seeds(gallery, 'tag:"summer sale" seed:1') == [1]
    assert seeds(gallery, "tag:100xa") == []
    assert gallery.untag(one, ["summer sale", "other"]) == ("100_a",)
    assert gallery.search("seed:1")[0].tags == ("100_a",)


@pytest.mark.parametrize("tag", ["", " ", "a" * 41, 'a"b', "a\x00b", "a/b", "-a", "<b>"])
def test_what_is_no_tag_is_refused_and_changes_nothing(gallery: Gallery, tag: str) -> None:
    path = kept(gallery, 1)
    gallery.tag(path, ["first"])
    with pytest.raises(BadInput, match="a tag is up to 40 letters"):
        gallery.tag(path, ["fine", tag])
    assert gallery.search("")[0].tags == ("first",)


def test_a_picture_has_not_endless_tags_and_one_that_is_not_there_none(gallery: Gallery, tmp_path: Path) -> None:
    path = kept(gallery, 1)
    with pytest.raises(BadInput, match="32 tags at most"):
        gallery.tag(path, [f"tag {number}" for number in range(33)])
    assert gallery.tag(tmp_path / "2026-01-01" / "none.png", ["a"]) == ()
    assert gallery.tag(Path("/elsewhere.png"), ["a"]) == ()


def test_a_live_picture_with_a_tag_is_kept_for_good(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("lab.gallery.gallery", fromlist=["_KEPT"])._KEPT, "live", 2)
    gallery.tag(kept(gallery, 1, is_live=True), ["good"])
    for seed in range(2, 6):
        kept(gallery, seed, is_live=True)
    assert seeds(gallery, "") == [5, 4, 1]


def test_a_broken_index_loses_no_tag(gallery: Gallery, tmp_path: Path) -> None:
    path = kept(gallery, 1)
    gallery.star(path)
    gallery.tag(path, ["good"])
    with closing(sqlite3.connect(tmp_path / INDEX)) as rows, rows:
        rows.execute("update pictures set made_at = 'yesterday'")
    (again,) = Gallery(tmp_path, "mine").search("")
    assert (again.tags, again.is_starred) == (("good",), True)


def test_an_index_without_tags_has_them_from_now_on(gallery: Gallery, tmp_path: Path) -> None:
    path = kept(gallery, 1)
    gallery.star(path)
    with closing(sqlite3.connect(tmp_path / INDEX)) as rows, rows:
        rows.execute("alter table pictures drop column tags")
        rows.execute("pragma user_version = 1")
    later = Gallery(tmp_path, "mine")
    assert later.tag(path, ["good"]) == ("good",)
    assert [(one.tags, one.is_starred) for one in later.search("tag:good")] == [(("good",), True)]
