"""A folder or a table into a folder: what fails is a line of the report, and the same call goes on."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab import Lab, Picture, Recipe
from lab.__main__ import main
from lab.core import BadInput
from lab.gallery import recipe_of
from tests.fakes import ScriptedEngine


def pictures(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for number, name in enumerate(names):
        (folder / name).write_bytes(Picture(np.full((32, 32, 3), 20 * number, np.uint8)).to_png())
    return folder


def table(file: Path, *lines: str) -> Path:
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def report(out: Path) -> dict[str, dict[str, str]]:
    with (out / "sketchlab-report.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def test_a_folder_becomes_a_folder(lab: Lab, tmp_path: Path) -> None:
    source, out = pictures(tmp_path / "in", "a.png", "b.png", "notes.png"), tmp_path / "out"
    (source / "notes.png").write_text("no picture")
    batch = lab.batch_of(source, out, prompt="in snow", strength=0.5).wait(60)
    assert [(line.name, line.status) for line in batch.lines] == [("a", "made"), ("b", "made"), ("notes", "failed")]
    assert recipe_of(out / "b.png").strength == 0.5
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "b.png", "sketchlab-report.csv"]
    assert "cannot be read as a picture" in report(out)["notes"]["failed"]
    assert "notes: " in str(batch)
    assert "2 made, 1 failed" in str(batch)


def test_a_table_says_what_each_row_is(lab: Lab, tmp_path: Path) -> None:
    pictures(tmp_path / "photos", "a.png")
    whole = Recipe(prompt="of a grid", seed=2**64 - 1)
    rows = table(
        tmp_path / "rows.csv",
        "name,task,prompt,seed,image,strength,recipe",
        'one,text_to_image,"5, or ""six""",18446744073709551615,,,',
        ",,a cat,,photos/a.png,0.25,",
        "one,text_to_image,1984,3,,,",
        ',,,,,,"' + whole.to_json().replace('"', '""') + '"',
    )
    batch = lab.batch_of(rows, tmp_path / "out", steps=3).wait(60)
    assert [line.status for line in batch.lines] == ["made"] * 4, str(batch)
    assert [line.file.name for line in batch.lines] == ["one.png", "0002.png", "one 2.png", "0004.png"]
    made = [recipe_of(line.file) for line in batch.lines]
    assert (made[0].prompt, made[0].seed, made[0].steps) == ('5, or "six"', 2**64 - 1, 3)
    assert (made[1].task, made[1].strength) == ("image_to_image", 0.25)
    assert made[2].prompt == "1984"
    assert made[3] == whole


def test_a_grids_table_is_a_batch(lab: Lab, tmp_path: Path) -> None:
    grid = lab.grid(Recipe(prompt="a cat"), x={"seed": [1, 2]}).wait(60)
    (file,) = grid.save(tmp_path / "grid.csv")
    batch = lab.batch_of(file, tmp_path / "out").wait(60)
    assert [recipe_of(line.file).seed for line in batch.lines] == [1, 2]


def test_a_row_that_fails_is_a_line_and_the_same_call_goes_on(lab: Lab, engine: ScriptedEngine, tmp_path: Path) -> None:
    rows = table(tmp_path / "rows.csv", "prompt,steps", "a,3", "b,0", "c,many", "d,4")
    first = lab.batch_of(rows, tmp_path / "out", task="text_to_image").wait(60)
    assert [line.status for line in first.lines] == ["made", "failed", "failed", "made"]
    assert "steps: should be at least 1, not 0" in first.lines[1].failed
    assert "not 'many'" in first.lines[2].failed
    table(rows, "prompt,steps", "a,3", "b,2", "c,2", "d,5")
    again = lab.batch_of(rows, tmp_path / "out", task="text_to_image").wait(60)
    assert [line.status for line in again.lines] == ["there", "made", "made", "made"], "d is of another recipe now"
    assert len(engine.runs) == 5
    assert recipe_of(tmp_path / "out" / "0004.png").steps == 5


def test_an_engine_that_breaks_costs_the_row_and_not_the_batch(
    lab: Lab, engine: ScriptedEngine, tmp_path: Path
) -> None:
    engine.fails_with = ValueError("boom")
    rows = table(tmp_path / "rows.csv", "prompt", "a", "b")
    batch = lab.batch_of(rows, tmp_path / "out", task="text_to_image").wait(60)
    assert [line.status for line in batch.lines] == ["failed", "failed"]


async def _cancelled(lab: Lab, engine: ScriptedEngine, rows: Path, out: Path) -> list[str]:
    engine.gate.clear()
    batch = lab.batch_of(rows, out, task="text_to_image")
    waiting = asyncio.ensure_future(_awaited(batch))
    assert await asyncio.to_thread(engine.at_gate.wait, 30)
    waiting.cancel()
    await asyncio.sleep(0)
    engine.gate.set()
    await batch
    return [line.status for line in batch.lines]


async def _awaited(batch: Any) -> Any:
    return await batch


def test_cancelling_the_cell_stops_the_batch_and_it_can_go_on(lab: Lab, engine: ScriptedEngine, tmp_path: Path) -> None:
    rows = table(tmp_path / "rows.csv", "prompt", "a", "b", "c")
    statuses = asyncio.run(_cancelled(lab, engine, rows, tmp_path / "out"))
    assert statuses[1:] == ["waiting", "waiting"]
    again = lab.batch_of(rows, tmp_path / "out", task="text_to_image").wait(60)
    assert {line.status for line in again.lines} <= {"made", "there"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("prompt", "has none"),
        ("stepz\n4", "a column 'stepz', which is no setting"),
        ('prompt\n"a', "no table of CSV"),
        (b"prompt\n\xff", "no table of CSV in UTF-8"),
        ("prompt\n" + "a\n" * 10_001, "1 to 10000 rows"),
    ],
)
def test_a_table_that_is_none_is_refused_before_anything_is_drawn(
    lab: Lab, engine: ScriptedEngine, tmp_path: Path, content: str | bytes, sentence: str
) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(BadInput, match=sentence):
        lab.batch_of(file, tmp_path / "out", task="text_to_image").wait(60)
    assert engine.runs == []


def test_what_was_not_made_here_is_left_alone(lab: Lab, tmp_path: Path) -> None:
    source, out = pictures(tmp_path / "in", "a.png"), pictures(tmp_path / "out", "a.png")
    with pytest.raises(BadInput, match="was not made here"):
        lab.batch_of(source, out)
    with pytest.raises(BadInput, match="is what the picture is made of"):
        lab.batch_of(source, source)
    with pytest.raises(BadInput, match="no folder of pictures and no CSV file"):
        lab.batch_of(tmp_path / "nothing", out)


@pytest.mark.starter
def test_the_command_line_makes_a_batch_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(tmp_path / "rows.csv", "prompt,width,height", "a red apple,64,64", "a cat,65,64", "a cat,0,64")
    command = ["batch", str(rows), "--task", "text-to-image", "--set", "steps=1", "--home", str(tmp_path / "home")]
    command += ["-o", str(tmp_path / "out")]
    assert main(command) == 1
    assert "2 made, 1 failed" in capsys.readouterr().out
    assert recipe_of(tmp_path / "out" / "0001.png") == Recipe(prompt="a red apple", width=64, height=64, steps=1)
    assert main(command) == 1
    assert "2 there, 1 failed" in capsys.readouterr().out
    assert main([*command[:-1], str(tmp_path / "other"), "--set", "steps"]) == 2
