"""The rows of a batch: the pictures of a folder, or the lines of a CSV file, each as what `lab.run` takes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from lab.core.errors import BadInput
from lab.core.recipe import Recipe
from lab.core.sentences.wording import shown
from lab.session.grid import pictures_in
from lab.tasks import TASKS

MOST_ROWS = 10_000
"""Of one batch: days of drawing, and no table that fills the memory."""
_PICTURES = ("image", "mask", "scene", "sketch", "colours")
_OF_SEVERAL = ("loras", "filters", "references", "controls", "regions", "settings")
"""Fields whose value is a list or a table."""
_IGNORED = ("file", "seconds", "failed")
"""Columns of a grid's table, and of a report, that say what came of a row."""


@dataclass(frozen=True)
class Row:
    """One picture of a batch.

    Args:
        name: of its file, without an ending.
        settings: what `lab.run` takes besides the task.
        task: of the row itself; empty where it is that of the batch.
        recipe: a whole recipe as JSON; nothing else counts then.
        sources: the files that it is made of.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    task: str = ""
    recipe: str = ""
    sources: tuple[Path, ...] = ()


def rows_of(source: Path) -> list[Row]:
    """The rows in a folder of pictures or in a CSV file.

    A folder gives a row for each picture, which is the image to start from. A CSV file has the names of settings in its
    first line, besides `task`, `name` and `recipe`; an empty field says nothing; pictures are paths from the file's own
    folder.

    Raises:
        BadInput: when it is neither, has no rows or too many, or a column is no setting.
    """
    if source.is_dir():
        rows = [Row(path.stem, {"image": path}, sources=(path,)) for path in pictures_in(source)]
    elif source.suffix.lower() == ".csv" and source.is_file():
        rows = [*_lines(source)]
    else:
        msg = f"{source} is no folder of pictures and no CSV file, so there is nothing to make"
        raise BadInput(msg)
    if not 0 < len(rows) <= MOST_ROWS:
        msg = f"a batch has 1 to {MOST_ROWS} rows, and {source} has {len(rows) or 'none'}"
        raise BadInput(msg)
    return _named_apart(rows)


def _lines(file: Path) -> Iterator[Row]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as content:
            table = csv.DictReader(content, strict=True)
            _check_columns(file, [*(table.fieldnames or [])])
            for number, line in enumerate(table, 1):
                if number > MOST_ROWS:
                    msg = f"a batch has 1 to {MOST_ROWS} rows, and {file} has more"
                    raise BadInput(msg)
                yield _row(file, number, line)
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{file} is no table of CSV in UTF-8: {error}"
        raise BadInput(msg) from error
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror or error}"
        raise BadInput(msg) from error


def _check_columns(file: Path, names: list[str]) -> None:
    own = {name for task in TASKS.values() for name in task.settings.model_fields}
    known = {"task", "name", "recipe", "sketch", "sketch_strength", *_IGNORED, *own, *Recipe.model_fields}
    if "recipe" in names:  # a grid's table has its axes beside it
        return
    wrong = [name for name in names if name not in known]
    if wrong or not names:
        msg = f"{file} has a column {wrong[0]!r}, which is no setting" if wrong else f"{file} is empty"
        raise BadInput(msg)


def _row(file: Path, number: int, line: Mapping[str | None, Any]) -> Row:
    said = {name: text for name, text in line.items() if name and isinstance(text, str) and text != ""}
    name = said.pop("name", f"{number:04d}")
    task, recipe = said.pop("task", ""), said.pop("recipe", "")
    if recipe:
        return Row(name, task=task, recipe=recipe)
    sources = {of: file.parent / said.pop(of) for of in _PICTURES if of in said}
    settings = {of: _value(of, text) for of, text in said.items() if of not in _IGNORED}
    return Row(name, {**settings, **sources}, task, sources=(*sources.values(),))


def named_value(text: str) -> tuple[str, Any]:
    """A setting as a command line says it: `strength=0.5`.

    Raises:
        BadInput: when it has no name.
    """
    name, mark, value = text.partition("=")
    if not mark or not name.isidentifier():
        msg = f"a setting is NAME=VALUE, such as strength=0.5, not {shown(text)}"
        raise BadInput(msg)
    return name, Path(value).expanduser() if name in _PICTURES else _value(name, value)


def _value(name: str, text: str) -> Any:
    """Words as they stand, anything else as JSON; what is none stays text, which the setting itself refuses."""
    is_text = name in Recipe.model_fields and Recipe.model_fields[name].annotation in (str, str | None)
    if is_text:
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, dict | list) and name not in _OF_SEVERAL:
        msg = f"{name} is {shown(text)}, which is more than one value"
        raise BadInput(msg)
    return value


def _named_apart(rows: list[Row]) -> list[Row]:
    """The same, with numbers behind names that are there twice."""
    taken: set[str] = set()
    named = []
    for row in rows:
        numbered = (f"{row.name} {number}" for number in count(2))
        name = next(one for one in chain([row.name], numbered) if one not in taken)
        taken.add(name)
        named.append(replace(row, name=name))
    return named
