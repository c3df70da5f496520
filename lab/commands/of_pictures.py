"""The commands that begin with a picture that was made before: proven, varied in a grid, handed to ComfyUI."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from itertools import count, takewhile
from typing import Any

from lab.commands.options import add_memory, path_given
from lab.core.errors import BadInput, SketchlabError
from lab.core.sentences.wording import shown
from lab.gallery import to_comfyui
from lab.session import Lab, open_lab
from lab.session.grid import MOST_AT_ONCE
from lab.session.many.recipe_grid import Cell, Grid

_RANGE = re.compile(r"(\d{1,20})\.\.(\d{1,20})")
_OF_WORDS = ("prompt", "negative_prompt")
"""Fields in which a comma is a comma."""


def add_of_pictures(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `add` is `add_parser` of the commands there are."""
    prove = add("verify", help="draw a picture made here again, and say whether it is the same and what differs")
    prove.add_argument("file", type=path_given, help="a PNG or WebP picture that was made here")
    prove.set_defaults(command=_verify)

    vary = add("grid", help="draw a picture's recipe over lists of values, into one page or table")
    said = "a picture with a recipe: made here, or by another tool as far as that can be read"
    vary.add_argument("file", type=path_given, help=said)
    for axis, where in (("x", "from left to right"), ("y", "from top to bottom"), ("z", "page by page")):
        said = f"a field of the recipe and its values, {where}"
        if axis == "x":
            said += ": guidance_scale=3,5,7, seed=1..8, loras.0.weight=0.5,1; texts apart by |: prompt='a cat|a dog'"
        vary.add_argument(f"-{axis}", metavar="FIELD=VALUES", help=said)
    said = "a .png page, a .html page that needs no network, or a .csv table; may be given several times"
    vary.add_argument("-o", "--output", action="append", type=path_given, required=True, metavar="FILE", help=said)
    vary.set_defaults(command=_grid)

    export = add("export", help="write a picture's drawing as a folder that ComfyUI opens, pictures included")
    export.add_argument("file", type=path_given, help="a picture that was made here")
    export.add_argument("folder", type=path_given, help="gets prompt.json, workflow.json and input/")
    export.set_defaults(command=_export)
    for parser in (prove, vary):
        add_memory(parser)
    for parser in (prove, vary, export):
        parser.add_argument("--home", type=path_given, help="where what it was made of is kept (default: ~/.sketchlab)")


def axis_in(text: str | None) -> dict[str, Any] | None:
    """An axis as a command line says it: `guidance_scale=3,5,7`, `seed=1..8`, `prompt=a cat|a dog`.

    Raises:
        BadInput: when it has no field or no values.
    """
    if text is None:
        return None
    field, mark, said = text.partition("=")
    if not mark or not field or not said:
        msg = f"an axis is FIELD=VALUES, such as guidance_scale=3,5,7, not {shown(text)}"
        raise BadInput(msg)
    if span := _RANGE.fullmatch(said):
        first, last = int(span[1]), int(span[2])
        return {field: [*takewhile(lambda one: one <= last, (first + by for by in range(MOST_AT_ONCE + 1)))]}
    apart = "|" if "|" in said or field in _OF_WORDS else ","
    values = [one.strip() for one in said.split(apart)]
    return {field: values if field in _OF_WORDS else [*map(_value, values)]}


def _value(text: str) -> Any:
    """A number or a truth as JSON has it; all else as text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, dict | list) else value


def _opened(options: argparse.Namespace) -> Lab:
    memory = vars(options).get("memory_gb")
    return open_lab(session="command line", home=options.home, memory_gb=memory)


def _verify(options: argparse.Namespace) -> None:
    with _opened(options) as lab:
        found = lab.verify(options.file).wait()
    print(f"{options.file}: {found}")
    if not found.is_identical:
        msg = f"{options.file} is not what is drawn now, see above"
        raise SketchlabError(msg)


def _grid(options: argparse.Namespace) -> None:
    x, y, z = (axis_in(vars(options)[name]) for name in ("x", "y", "z"))
    endings = {file.suffix.lower() for file in options.output} - {".png", ".html", ".csv"}
    if endings:
        msg = f"a grid is written as .png, .html or .csv, not as {shown(min(endings))}"
        raise BadInput(msg)
    with _opened(options) as lab:
        opened = lab.open(options.file)
        grid = lab.grid(opened.recipe, x=x, y=y, z=z, pictures=[*opened.pictures.values()])
        _say_cells(grid)
        try:
            grid.wait()
        except KeyboardInterrupt:
            grid.cancel()
            raise
        for file in options.output:
            for written in grid.save(file):
                print(written)
    if grid.failed:
        why = next(iter(grid.failed.values()))
        msg = f"{len(grid.failed)} of {len(grid.jobs)} were not drawn, the first since {why}"
        raise SketchlabError(msg)


def _say_cells(grid: Grid) -> None:
    """A line for each cell as it ends; those that were there already first."""
    done = count(1)

    def say(cell: Cell) -> None:
        how = "was there" if cell in grid.found else "failed" if cell in grid.failed else "drawn"
        print(f"{next(done)} of {len(grid.jobs)}: {grid.words(cell)}: {how}", flush=True)

    grid.on_cell(say)


def _export(options: argparse.Namespace) -> None:
    with _opened(options) as lab:
        opened = lab.open(options.file)
        made = to_comfyui(opened.request, options.folder)
    print(made.folder)
    for sentence in made.unmapped:
        print(f"{'':4}{sentence}")
