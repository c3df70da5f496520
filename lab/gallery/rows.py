"""The rows of a gallery's index: entering a picture, and keeping rows and files in step. With the index's lock held."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from lab.gallery.deleted import long_deleted
from lab.gallery.index import BrokenIndex, Marks
from lab.gallery.made import Kind, Made
from lab.gallery.marks import tags_in
from lab.gallery.metadata import made_in, recipe_text

KINDS: tuple[Kind, ...] = ("asked for", "live", "quick")
"""What the numbers of `is_live` stand for."""
_QUOTED = re.compile(r'"([0-9a-f]{32})"')
_NAME = re.compile(r"[0-9a-f]{32}")
_SKETCH = re.compile(r'"sketch": "([0-9a-f]{32})"')
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PICTURE = re.compile(r"[^.].*\.png")
_LEFTOVER_S = 24 * 3600
"""A source that no picture names is swept when it is older: somebody may be about to use it."""


def enter(rows: sqlite3.Connection, file: Path, made: Made, recipe: str, *, session: str = "", now: str = "") -> None:
    """Enter a picture.

    Args:
        rows: of the index.
        file: of the picture, within the gallery's folder.
        made: how it was made.
        recipe: as JSON text.
        session: whose it is where `made` does not know.
        now: when it was made where `made` does not know.
    """
    values = {
        "made_at": made.made_at.isoformat() if made.made_at else now,
        "session": made.session or session,
        "is_live": KINDS.index(made.kind),
        "file": file.as_posix(),
        "summary": made.summary,
        "seconds": made.seconds,
        "recipe": recipe,
        "made": json.dumps(made.to_values()),
        "recipe_hash": made.recipe,
        "pixels": made.pixels,
    }
    marks = ", ".join(f":{name}" for name in values)
    rows.execute(f"insert into pictures ({', '.join(values)}) values ({marks})", values)  # noqa: S608 - own names


def needed(row: sqlite3.Row) -> list[str]:
    """What lies in `sources/` for a picture, by name.

    Raises:
        BrokenIndex: when the row is none that the lab wrote.
    """
    if not isinstance(row["recipe"], str) or not isinstance(row["made"], str):
        msg = f"a row has the recipe {row['recipe']!r:.40}"
        raise BrokenIndex(msg)
    return [*_QUOTED.findall(row["recipe"]), *_SKETCH.findall(row["made"])]


def tidy(folder: Path, session: str, rows: sqlite3.Connection, marks: Marks | None) -> None:
    """Take in the pictures whose rows a kill or a broken index took away; delete sources that nobody needs.

    Args:
        folder: of the gallery.
        session: whose pictures are those that do not say so themselves, as those of the first version do not.
        rows: of the index.
        marks: which files had a star or tags; None when nobody knows, so that no picture may be let go.
    """
    known = {row["file"] for row in rows.execute("select file from pictures")}
    if not all(isinstance(file, str) for file in known):
        msg = "a row names no file"
        raise BrokenIndex(msg)
    for file in (one for one in _pictures(folder) if one not in known):
        path = folder / file
        if (recipe := recipe_text(path)) is None:
            continue
        made = made_in(path)
        if marks is None:
            made = made.model_copy(update={"kind": "asked for"})
        now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(path.stat().st_mtime))
        enter(rows, Path(file), made, recipe, session=session, now=now)
        if marks and file in marks:
            star, tags = marks[file]
            values = (star, json.dumps(tags_in(tags)), file)
            rows.execute("update pictures set is_starred = ?, tags = ? where file = ?", values)
    rows.executemany("delete from pictures where file = ?", [(file,) for file in long_deleted(folder)])
    _sweep_sources(folder / "sources", rows)


def _sweep_sources(folder: Path, rows: sqlite3.Connection) -> None:
    before = time.time() - _LEFTOVER_S
    with suppress(OSError):
        found = ((entry.name.partition(".")[0], entry) for entry in [*os.scandir(folder)])
        old = [(name, entry) for name, entry in found if _NAME.fullmatch(name) and entry.stat().st_mtime < before]
        if not old:
            return
        named = {name for row in rows.execute("select recipe, made from pictures") for name in needed(row)}
        for name, entry in old:
            if name not in named:
                Path(entry.path).unlink(missing_ok=True)


def _pictures(folder: Path) -> list[str]:
    """The files of all pictures within the folder, oldest first; as text, since there may be very many."""
    days = sorted(entry.name for entry in os.scandir(folder) if _DAY.fullmatch(entry.name) and entry.is_dir())
    return [
        f"{day}/{name}"
        for day in days
        for name in sorted(one.name for one in os.scandir(folder / day))
        if _PICTURE.fullmatch(name)
    ]
