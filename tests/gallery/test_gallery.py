from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

import numpy as np
import pytest
from PIL import Image

from lab.core import BadInput, Control, Picture, Recipe, Request, Size, Sketch, Stroke
from lab.core.events import Result
from lab.gallery import Autosave, Gallery, png_with_recipe, recipe_of
from lab.gallery.files import write_whole
from lab.gallery.metadata import made_in
from lab.tasks import plan
from tests.gallery.results import result


def test_a_picture_remembers_how_it_was_made(tmp_path: Path) -> None:
    file = tmp_path / "out.png"
    file.write_bytes(png_with_recipe(result(3)))
    assert recipe_of(file) == result(3).request.recipe
    assert Picture.of(file) == result(3).picture
    with Image.open(file) as image:
        assert "ein Äpfelchen 🍎\nNegative prompt: \nSteps: 12, Sampler: DDIM" in image.info["parameters"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no picture file"),
        (b"nonsense", "cannot be read as a picture"),
        (Picture(np.zeros((2, 2, 3), np.uint8)).to_png(), "carries no recipe"),
    ],
)
def test_a_file_without_recipe_says_so(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    file = tmp_path / "x.png"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=sentence):
        recipe_of(file)


def test_the_newest_come_first_and_sessions_stay_apart(tmp_path: Path) -> None:
    mine, other = Gallery(tmp_path, "mine"), Gallery(tmp_path, "other")
    for seed in range(3):
        mine.add(result(seed))
    other.add(result(9))
    assert [kept.recipe.seed for kept in mine.latest(2)] == [2, 1]
    assert mine.latest()[0].picture() == result(2).picture
    assert [kept.recipe.seed for kept in other.latest(10)] == [9]
    assert mine.latest(task="text_to_image") == []


def test_pictures_of_the_same_microsecond_are_all_kept(tmp_path: Path) -> None:
    now = datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    galleries = [Gallery(tmp_path, session, clock=lambda: now) for session in ("mine", "other")]
    with ThreadPoolExecutor(8) as threads:
        kept = list(threads.map(lambda seed: galleries[seed % 2].add(result(seed)), range(40)))
    paths = [one.path for one in kept if one.path]
    assert len(set(paths)) == 40
    assert [recipe_of(path).seed for path in paths] == list(range(40))
    assert sorted(path.name for path in paths[0].parent.iterdir()) == sorted(path.name for path in paths)
    assert {one.picture() == result(one.recipe.seed).picture for one in galleries[0].latest(99)} == {True}


def test_the_sketch_of_a_picture_is_kept_with_it(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    added = gallery.add(result())
    (name,) = added.request.recipe.picture_names
    assert gallery.source(name) == result().request.pictures[name]
    assert gallery.source("0" * 32) is None


def test_live_pictures_make_way_for_newer_ones_and_kept_ones_stay(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    gallery.add(result(255))
    for seed in range(60):
        gallery.add(result(seed), is_live=True)
    kept = gallery.latest(1000)
    assert [one.recipe.seed for one in kept] == [*range(59, 9, -1), 255]
    assert len(list(tmp_path.glob("*/*.png"))) == 51 + 1


def test_live_pictures_of_a_task_do_not_make_way_for_those_of_another_task_or_for_quick_ones(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    for seed in range(50):
        gallery.add(result(seed), is_live=True)
    for seed in range(60):
        gallery.add(result(seed, "control_to_image"), is_live=True)
        gallery.add(result(seed, is_quick=True), is_live=True)
    cats = [kept.recipe.seed for kept in gallery.latest(999, task="sketch_to_image")]
    assert cats == [*range(59, 49, -1), *range(49, -1, -1)], "the newest ten quick ones, and all of the others"
    assert [kept.recipe.seed for kept in gallery.latest(999, task="control_to_image")] == [*range(59, 9, -1)]
    assert len(list(tmp_path.glob("*-*/*.png"))) == 60 + 50


def test_a_quick_picture_that_somebody_asked_for_is_kept_as_any_other(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    gallery.add(result(1, is_quick=True))
    for seed in range(60):
        gallery.add(result(seed, is_quick=True), is_live=True)
    assert gallery.latest(99)[-1].recipe.seed == 1
    assert len(gallery.latest(99)) == 11


def test_the_sketches_of_live_pictures_go_with_them_unless_another_picture_needs_them(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    needed = result(0)
    Gallery(tmp_path, "other").add(needed)
    gallery.add(needed, is_live=True)
    sketch = Picture(np.zeros((64, 64, 3), np.uint8))
    recipe = needed.request.recipe.changed(controls=(Control(picture=sketch.hash),))
    passing = replace(needed, plan=replace(needed.plan, recipe=recipe), request=Request(recipe, {sketch.hash: sketch}))
    gallery.add(passing, is_live=True)
    assert gallery.source(sketch.hash)
    for seed in range(60):
        gallery.add(result(seed), is_live=True)
    assert gallery.source(sketch.hash) is None
    assert gallery.source(*needed.request.pictures)


def test_a_live_picture_with_a_star_stays_until_the_star_goes(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    starred = gallery.add(result(1), is_live=True)
    assert gallery.star(starred.path)
    for seed in range(2, 62):
        gallery.add(result(seed), is_live=True)
    assert starred.path.is_file()
    assert len(gallery.latest(100)) == 51
    assert gallery.star(starred.path, is_starred=False)
    gallery.add(result(62), is_live=True)
    assert not starred.path.exists()
    assert not gallery.star(starred.path)


def test_a_picture_that_somebody_deleted_is_passed_over(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    gallery.add(result(1))
    newest = gallery.add(result(2))
    assert newest.path
    newest.path.unlink()
    assert gallery.latest()[0].recipe.seed == 1


def stroke(x: float) -> Stroke:
    return Stroke(np.array([[x, 1.0]]))


def test_a_sketch_comes_back_with_its_undo(tmp_path: Path) -> None:
    with Autosave(tmp_path) as first:
        history = first.history("canvas", Size(300, 200))
        for x in range(4):
            history.draw(stroke(x))
        history.undo()
    with Autosave(tmp_path) as second:
        again = second.history("canvas", Size(999, 999))
        assert again.sketch == history.sketch == Sketch(Size(300, 200), tuple(stroke(x) for x in range(3)))
        assert again.redo()
        assert len(again.sketch.strokes) == 4
        for _ in range(4):
            assert again.undo()
        assert not again.undo()


def test_paper_that_was_resized_comes_back_so_with_its_redo(tmp_path: Path) -> None:
    with Autosave(tmp_path) as first:
        history = first.history("map", Size(64, 48))
        history.draw(stroke(1))
        history.undo()
        history.fit(Size(48, 64))
        history.fit(Size(80, 64))
        history.redo()
        history.undo()
    with Autosave(tmp_path) as second:
        again = second.history("map")
        assert (again.sketch, again.steps) == (history.sketch, history.steps) == (Sketch(Size(80, 64)), (0, 1))
        assert len((tmp_path / "map.sketch.jsonl").read_bytes().splitlines()) == 7, "nothing was written anew"


def test_a_kernel_killed_in_the_middle_of_a_line_loses_only_that_line(tmp_path: Path) -> None:
    journal = tmp_path / "canvas.sketch.jsonl"
    with Autosave(tmp_path) as killed:
        history = killed.history("canvas")
        history.draw(stroke(1))
        whole = journal.read_bytes()
        history.draw(stroke(2))
    torn = journal.read_bytes()[: len(whole) + 30]
    journal.write_bytes(torn)
    with Autosave(tmp_path) as autosave:
        again = autosave.history("canvas")
        assert again.sketch.strokes == (stroke(1),)
        again.draw(stroke(3))
    with Autosave(tmp_path) as autosave:
        assert autosave.history("canvas").sketch.strokes == (stroke(1), stroke(3))
    assert (tmp_path / "canvas.sketch.unreadable").read_bytes() == torn[len(whole) :]


def test_only_one_kernel_records_a_sketch_and_the_other_has_a_copy(tmp_path: Path) -> None:
    with Autosave(tmp_path) as ours, Autosave(tmp_path) as theirs:
        ours.history("canvas").draw(stroke(1))
        copy = theirs.history("canvas")
        assert copy.sketch == ours.history("canvas").sketch
        assert (ours.records("canvas"), theirs.records("canvas")) == (True, False)
        copy.draw(stroke(2))
        ours.history("canvas").draw(stroke(3))
    with Autosave(tmp_path) as later:
        assert later.history("canvas").sketch.strokes == (stroke(1), stroke(3))
        assert later.records("canvas")


def test_settings_come_back_and_damage_is_not_fatal(tmp_path: Path) -> None:
    with Autosave(tmp_path) as autosave:
        assert autosave.settings("panel") == {}
        autosave.save_settings("panel", {"prompt": "Äpfel", "seed": 3})
    assert Autosave(tmp_path).settings("panel") == {"prompt": "Äpfel", "seed": 3}
    (tmp_path / "panel.json").write_text("{")
    assert Autosave(tmp_path).settings("panel") == {}


class HalfWritten:
    """A file on a disk that is full after half of what is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, content: bytes) -> None:
        self._file.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")


def test_after_a_full_disk_the_next_change_brings_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Autosave(tmp_path) as autosave:
        history = autosave.history("canvas")
        history.draw(stroke(1))
        whole_open = Path.open
        monkeypatch.setattr(Path, "open", lambda *given: HalfWritten(whole_open(*given)))
        with pytest.raises(OSError, match="No space left"):
            history.draw(stroke(2))
        monkeypatch.undo()
        assert history.sketch.strokes == (stroke(1), stroke(2)), "the pen goes on"
        history.draw(stroke(3))
        history.undo()
    with Autosave(tmp_path) as autosave:
        assert autosave.history("canvas").sketch.strokes == (stroke(1), stroke(2))
    assert not list(tmp_path.glob("*.unreadable"))


def test_what_is_kept_can_be_read_by_others_as_the_umask_says(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        write_whole(tmp_path / "picture.png", b"x")
    finally:
        os.umask(umask)
    assert (tmp_path / "picture.png").stat().st_mode & 0o777 == 0o644
    assert [file.name for file in tmp_path.iterdir()] == ["picture.png"]


def test_a_picture_of_a_newer_version_is_shown_as_such(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    gallery.add(result(1))
    gallery.add(result(2), is_live=True)
    with closing(sqlite3.connect(tmp_path / "gallery.sqlite")) as index, index:
        newer = "json_set(recipe, '$.schema_version', 99, '$.seed', 'a word', '$.mood', 1)"
        index.execute(f"update pictures set recipe = {newer} where is_live")  # noqa: S608
    newest, other = gallery.latest(5)
    assert (newest.recipe.prompt, newest.recipe.seed) == (result().request.recipe.prompt, 0)
    assert "of version 99, of a newer lab" in newest.not_read
    assert (other.recipe.seed, other.not_read) == (1, "")
    for seed in range(60):
        gallery.add(result(seed), is_live=True)
    assert len(gallery.latest(100)) == 51


def test_a_picture_comes_though_there_can_be_no_index(tmp_path: Path) -> None:
    (tmp_path / "gallery.sqlite").mkdir()
    kept = Gallery(tmp_path, "mine").add(result(1))
    assert kept.path is not None
    assert recipe_of(kept.path) == result(1).request.recipe
    assert "index cannot be used" in kept.note
    assert Gallery(tmp_path, "mine").latest() == []


@pytest.mark.parametrize("count", [-1, 1.5, None])
def test_so_many_pictures_as_are_asked_for_and_no_more(tmp_path: Path, count: object) -> None:
    gallery = Gallery(tmp_path, "mine")
    gallery.add(result(1))
    assert gallery.latest(0) == []
    with pytest.raises(BadInput, match="count must be"):
        gallery.latest(count)  # pyright: ignore[reportArgumentType]


def test_a_picture_knows_which_one_it_was_made_of(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, "mine")
    first = gallery.add(result(1))
    request = Request(Recipe(task="image_to_image", image=first.picture.hash), {first.picture.hash: first.picture})
    second = gallery.add(Result(Picture(np.zeros((8, 8, 3), np.uint8)), request, plan(request).plan, 1.0))
    assert first.path is not None
    assert second.path is not None
    parent = first.path.relative_to(tmp_path).as_posix()
    assert gallery.latest()[0].made.parent == made_in(second.path).parent == parent
    assert [kept.path for kept in gallery.search(f"parent:{parent}")] == [second.path]


def test_a_picture_remembers_where_and_when_it_was_made(tmp_path: Path) -> None:
    now = datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    gallery = Gallery(tmp_path, "mine", clock=lambda: now)
    drawn = result(1)
    ran = replace(
        drawn.plan, device="cpu", dtype="float32", threads=2, versions={"torch": "2"}, weights={"u": "0" * 64}
    )
    kept = gallery.add(replace(drawn, plan=ran), is_live=True)
    assert kept.path is not None
    made = made_in(kept.path)
    assert made == gallery.latest()[0].made
    assert (made.session, made.made_at, made.kind) == ("mine", now, "live")
    assert (made.device, made.dtype, made.threads) == ("cpu", "float32", 2)
    assert (made.versions, made.weights) == ({"torch": "2"}, {"u": "0" * 64})
    assert (made.recipe, made.pixels) == (ran.recipe.hash, kept.picture.hash)
    assert made.planned["steps"] == ran.steps
