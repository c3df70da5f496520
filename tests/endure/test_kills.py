"""A kernel that is killed at any moment, alone or beside another, loses nothing that it was told to be kept.

In every third home the gallery's index turns into garbage now and then, and nothing is lost by that either.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from lab.gallery import Autosave, Gallery, recipe_of
from tests.endure.full import times
from tests.endure.killed_writers import SESSION, folder_of

ROOT = Path(__file__).parent.parent.parent
HOMES = times(20, 2)
KILLS_EACH = 10
"""In each home: five of a process alone, and five of two that write at once."""


def acknowledged(*files: Path) -> list[dict[str, object]]:
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def drawn(autosave: Autosave) -> set[tuple[int, int]]:
    """All strokes that undo can show."""
    timeline, _ = autosave.history("canvas").timeline
    return {(int(x), int(y)) for sketch in timeline for one in sketch.strokes for x, y, _ in one.points.tolist()}


def check(home: Path, acks: Path, last: list[Path]) -> None:
    told = acknowledged(*acks.iterdir())
    with Autosave(folder_of(home)) as autosave:
        strokes = {tuple(one["stroke"]) for one in told if "stroke" in one}  # pyright: ignore[reportArgumentType]
        assert strokes <= drawn(autosave), "a stroke that was kept is lost"
        assert autosave.not_kept("canvas") == ""
        of_each = [[one["settings"] for one in acknowledged(file) if "settings" in one] for file in last]
        if all(of_each):  # of two that write at once, either may have written last
            kept = autosave.settings("panel")["n"]
            assert kept >= min(map(max, of_each)), "settings that were kept are lost"  # pyright: ignore[reportArgumentType]
        timeline, _ = autosave.history("canvas").timeline
        below = {sketch.background.hash for sketch in timeline if sketch.background}
    gallery = Gallery(home / "gallery", SESSION)
    pictures = gallery.latest(10_000)
    listed = {kept.path: kept.recipe.seed for kept in pictures}
    assert listed.keys() == {*(home / "gallery").glob("*-*-*/*.png")}, "a picture is there and not shown, or half"
    for kept in pictures:
        assert all(map(gallery.source, kept.recipe.picture_names)), "a source is lost"
        assert kept.picture().hash == kept.made.pixels
    for one in told:
        if "picture" in one:
            path = Path(str(one["path"]))
            if one["is_live"]:
                continue
            assert listed[path] == one["picture"] == recipe_of(path).seed
            assert gallery.source(*recipe_of(path).picture_names) is not None
    files = [file for file in home.rglob("*") if file.is_file()]
    assert not [file for file in files if file.name.startswith(".")], "half-written files stay"
    pictures = {file.stem for file in files if file.parent.suffix == ".pictures"}
    assert pictures == below, "pictures stay that no line names"


def garble(index: Path, seed: int) -> None:
    dice = random.Random(seed)
    content = bytearray(index.read_bytes())
    at = dice.randrange(len(content))
    content[at : at + 5000] = dice.randbytes(5000)
    index.write_bytes(content[: dice.randrange(len(content))] if dice.random() < 0.3 else content)


@pytest.mark.parametrize("number", range(HOMES))
def test_nothing_that_was_kept_is_lost_by_a_kill(tmp_path: Path, number: int) -> None:
    home, acks = tmp_path / "home", tmp_path / "acks"
    acks.mkdir()
    command = [sys.executable, "-m", "tests.endure.killed_writers", str(home), str(acks)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writers:
        assert writers.stdin
        assert writers.stdout
        seed, kills = 100 * number, 0
        while kills < KILLS_EACH:
            count = 1 if kills < KILLS_EACH // 2 else 2
            writers.stdin.write(f"{seed} {count}\n")
            writers.stdin.flush()
            assert writers.stdout.readline() == "killed\n"
            if number % 3 == 1 and kills % 2:
                garble(home / "gallery" / "gallery.sqlite", seed)
            check(home, acks, [acks / f"{2 * seed + one}.jsonl" for one in range(count)])
            seed, kills = seed + 1, kills + count
        writers.stdin.close()
    kinds = {name for one in acknowledged(*acks.iterdir()) for name in one}
    assert kinds >= {"stroke", "picture", "settings"}
