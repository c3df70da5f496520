"""A recipe over lists of values for any of its fields: the cells, in the order that makes the most of what is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from math import prod
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from lab.core.errors import BadInput, SketchlabError
from lab.core.events import Result
from lab.core.picture import Picture
from lab.core.recipe import Recipe
from lab.core.recipes.shareable import without_folders
from lab.core.sentences.checked_call import checked
from lab.core.sentences.paths import given_path
from lab.core.sentences.wording import shown
from lab.jobs import Job
from lab.session.grid import MOST_AT_ONCE
from lab.session.many.grid_export import csv_of, html_of, save_pages

_SLOW_TO_CHANGE = (
    ("model", "family", "revision", "acceleration", "precision"),  # read from disk
    ("loras",),  # taken off and put on
    ("controls", "references"),  # a network each
    ("image", "mask", "scene", "colours", "width", "height"),  # encoded
    ("prompt", "negative_prompt", "regions"),  # read
    ("seed", "steps", "scheduler", "strength", "settings"),  # drawn
    ("guidance_scale",),  # drawn but for the first step, which knows no guidance
    ("filters",),  # laid over what is drawn
)
"""Fields of a recipe by what is done again where one is another; the first the costliest."""


class Cell(NamedTuple):
    """A place in a grid, by the numbers of its values."""

    x: int = 0
    y: int = 0
    z: int = 0


@dataclass(frozen=True)
class Axis:
    """A field and its values; an axis that nobody asked for has no field and one value."""

    path: str = ""
    values: tuple[Any, ...] = (None,)

    @property
    def words(self) -> tuple[str, ...]:
        """What stands beside each value, such as "steps 20", in their order; empty for an axis of one picture."""
        return tuple(f"{self.path} {_said(value)}" if self.path else "" for value in self.values)

    @property
    def is_quick(self) -> int:
        """How little is done again where its value is another; the larger the less."""
        top = self.path.partition(".")[0]
        return next((rank for rank, names in enumerate(_SLOW_TO_CHANGE) if top in names), len(_SLOW_TO_CHANGE))


@dataclass(frozen=True)
class GridPlan:
    """What a grid will draw: for each cell its recipe, in the order of drawing; and the pictures that values were."""

    axes: tuple[Axis, Axis, Axis]
    recipes: Mapping[Cell, Recipe]
    pictures: Mapping[str, Picture] = field(default_factory=dict)


def grid_plan(recipe: Recipe, axes: Iterable[Mapping[str, Any] | None]) -> GridPlan:
    """The cells of a recipe over up to three fields.

    Args:
        recipe: says all that no axis does.
        axes: x, y and z: `{"guidance_scale": [3, 7]}`, the field by its name, one within another by dots, such as
            "loras.0.weight" or "settings.margin"; None for one that is not wanted.

    Raises:
        BadInput: when there is no such field, a value is wrong, or there are no or too many cells.
    """
    x, y, z = (_axis(one) for one in axes)
    count = prod(len(one.values) for one in (x, y, z))
    if not any(one.path for one in (x, y, z)):
        msg = 'a grid needs something to go over, such as x={"guidance_scale": [3, 5, 7]}'
        raise BadInput(msg)
    if count > MOST_AT_ONCE:
        msg = f"this grid has {count} pictures, and one call starts {MOST_AT_ONCE} at most: make its lists shorter"
        raise BadInput(msg)
    pictures = {value.hash: value for axis in (x, y, z) for value in axis.values if isinstance(value, Picture)}
    recipes: dict[Cell, Recipe] = {}
    slowest = sorted(range(3), key=lambda number: (x, y, z)[number].is_quick)
    cells = (Cell(*place) for place in product(*(range(len(one.values)) for one in (x, y, z))))
    for cell in sorted(cells, key=lambda cell: [cell[number] for number in slowest]):
        changed = recipe
        for axis, number in zip((x, y, z), cell, strict=True):
            if axis.path:
                changed = changed_at(changed, axis.path, axis.values[number])
        recipes[cell] = changed
    return GridPlan((x, y, z), recipes, pictures)


def changed_at(recipe: Recipe, path: str, value: Any) -> Recipe:
    """A recipe with one value changed, by its path.

    Raises:
        BadInput: when there is no such place, or the value may not be there.
    """
    values = recipe.model_dump(mode="json")
    place: Any = values
    parts = path.split(".")
    for depth, part in enumerate(parts):
        is_last = depth == len(parts) - 1
        within = ".".join(parts[:depth])
        # Settings are anybody's, and of a recipe's own fields those are not written that say nothing.
        may_be_new = is_last and (parts[-2:-1] == ["settings"] or (depth == 0 and part in Recipe.model_fields))
        if isinstance(place, dict) and (part in place or may_be_new):
            key: Any = part
        elif isinstance(place, list) and part.isdecimal() and int(part) < len(place):
            key = int(part)
        else:
            has = f"{within} has" if within else "a recipe has"
            known = f"{len(place)} of them" if isinstance(place, list) else _fields(place)
            msg = f"there is no {path} to go over: {has} {known}"
            raise BadInput(msg)
        if is_last:
            place[key] = value.hash if isinstance(value, Picture) else value
        else:
            place = place[key]
    return Recipe(**values)


class Grid:
    """Cells that fill while they are drawn: `grid = await lab.grid(recipe, x={...}, y={...})`, `grid.save("grid.png")`.

    A cell that fails ends no other. What was drawn before, in this kernel or an earlier one, is not drawn again.

    Args:
        plan: the cells, in the order of drawing.
        jobs: of each cell; cells of the same recipe have the same.
        found: the cells whose pictures were there already.
    """

    view: ClassVar[Callable[..., Any] | None] = None
    """What shows a grid in a notebook, live: `GridView`, which the widgets put here."""

    def __init__(self, plan: GridPlan, jobs: Mapping[Cell, Job], found: Iterable[Cell] = ()) -> None:
        self.axes = plan.axes
        self.recipes = plan.recipes
        self.jobs = jobs
        self.found = frozenset(found)
        self._shown: Any = None

    def __repr__(self) -> str:
        shape = " x ".join(str(len(one.values)) for one in self.axes if one.path)
        return f"<Grid {shape}, {len(self.results)} of {len(self.jobs)} drawn>"

    def _repr_mimebundle_(self, **wanted: Any) -> Any:
        """At the end of a notebook's cell: the view that fills, one for all such cells."""
        view = type(self).view
        if view is None:
            return {}
        if self._shown is None or self._shown.comm is None:
            self._shown = view(self)
        return self._shown._repr_mimebundle_(**wanted)

    @property
    def is_done(self) -> bool:
        """Whether every cell was drawn, failed or was cancelled."""
        return all(job.is_done for job in self.jobs.values())

    @property
    def results(self) -> dict[Cell, Result]:
        """The results that are there by now, by their cell; failed and cancelled ones are left out."""
        ended = {cell: _result(job) for cell, job in sorted(self.jobs.items())}
        return {cell: result for cell, result in ended.items() if isinstance(result, Result)}

    @property
    def failed(self) -> dict[Cell, str]:
        """Why cells have no picture and will not have one, in a sentence each."""
        ended = {cell: _result(job) for cell, job in sorted(self.jobs.items())}
        return {cell: str(error) for cell, error in ended.items() if isinstance(error, SketchlabError)}

    @property
    def named(self) -> dict[str, Result]:
        """What is drawn by now, by words, for `ImageGrid`."""
        return {self.words(cell): result for cell, result in self.results.items()}

    @checked
    def words(self, cell: Cell) -> str:
        """What stands at a cell, such as "guidance_scale 3, seed 7".

        Raises:
            BadInput: when it has no such cell.
        """
        if cell not in self.recipes:
            msg = f"this grid has no cell {shown(cell)}: see grid.recipes"
            raise BadInput(msg)
        return ", ".join(filter(None, (axis.words[number] for axis, number in zip(self.axes, cell, strict=True))))

    @checked
    def on_cell(self, callback: Callable[[Cell], None]) -> None:
        """Call back at the end of each cell, at once for those that ended; on the thread that ends it."""
        for cell, job in self.jobs.items():
            job.when_done(lambda of=cell: callback(of))

    def cancel(self) -> None:
        """Cancel all cells that are not drawn yet."""
        for job in self.jobs.values():
            job.cancel()

    @checked
    def wait(self, timeout_s: float | None = None) -> Grid:
        """The grid, once every cell has ended; for scripts.

        Raises:
            TimeoutError: when it took longer; drawing goes on.
            WouldBlock: inside a running event loop: await the grid there.
        """
        ends_at = None if timeout_s is None else time.monotonic() + timeout_s
        for job in self.jobs.values():
            try:
                job.wait(None if ends_at is None else max(0.0, ends_at - time.monotonic()))
            except TimeoutError:
                raise
            except Exception:
                if not job.is_done:
                    raise
        return self

    def __await__(self) -> Generator[Any, None, Grid]:
        return self._awaited().__await__()

    async def _awaited(self) -> Grid:
        # Cancelling the cell of a notebook that awaits the grid cancels all jobs that nobody else awaits.
        await asyncio.gather(*{id(job): job for job in self.jobs.values()}.values(), return_exceptions=True)
        return self

    @checked
    def save(self, path: str | Path) -> list[Path]:
        """Write what is drawn by now; the files that were written.

        As PNG, with words at rows and columns, in pages of 64 megapixels at most; as HTML that needs no network and
        holds each picture with its recipe; or as CSV, a line a cell.

        Raises:
            BadInput: when the name ends otherwise, or the file cannot be written.
        """
        path = given_path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            match path.suffix.lower():
                case ".png":
                    return save_pages(path, self.axes, self.results)
                case ".html":
                    path.write_text(html_of(self.axes, self.results, self.failed), encoding="utf-8")
                case ".csv":
                    # With the mark by which spreadsheets know UTF-8.
                    path.write_text(csv_of(self.axes, self.recipes, self.results, self.failed), encoding="utf-8-sig")
                case other:
                    msg = f"a grid is saved as .png, .html or .csv, not as {other or 'a file without an ending'!r}"
                    raise BadInput(msg)
        except OSError as error:
            msg = f"{path} cannot be written: {error.strerror or error}"
            raise BadInput(msg) from error
        return [path]


def _axis(over: Mapping[str, Any] | None) -> Axis:
    if over is None:
        return Axis()
    if not isinstance(over, Mapping) or len(over) != 1:
        msg = f'an axis is one field with its values, such as {{"guidance_scale": [3, 5, 7]}}, not {shown(over)}'
        raise BadInput(msg)
    ((path, values),) = over.items()
    if not isinstance(path, str) or isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        msg = f"a grid goes over a list: {path}=[{shown(values)}] has one value"
        raise BadInput(msg)
    several = tuple(islice(values, MOST_AT_ONCE + 1))
    if not several:
        msg = f"a grid goes over at least one {path}, and this list is empty"
        raise BadInput(msg)
    return Axis(path, several)


def _fields(place: Any) -> str:
    return ", ".join(map(str, place)) if isinstance(place, dict) and place else "nothing within"


def _said(value: Any) -> str:
    if isinstance(value, Picture):
        return value.hash[:8]
    words = f"{value:g}" if isinstance(value, float) else without_folders(str(value))
    return words if len(words) <= 60 else f"{words[:57]}..."


def _result(job: Job) -> Result | SketchlabError | None:
    """What came of a job; None while it is not done."""
    if not job.is_done:
        return None
    try:
        return job.result()
    except SketchlabError as error:
        return error
    except Exception as error:
        return SketchlabError(str(error) or type(error).__name__)
