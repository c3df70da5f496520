"""Many pictures of one recipe: pick one by its seed, and go on around it. Draws no picture."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from itertools import count as counting
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from traitlets import Bool, Float, Int, List, Unicode

from lab.core.errors import BadInput, SketchlabError
from lab.core.events import Result
from lab.core.recipe import Recipe, Request
from lab.core.sentences.checked_call import checked
from lab.session import Lab
from lab.session.many import Grid
from lab.session.many.recipe_grid import Cell
from lab.tasks import task_named
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import AnyWidget, Laid
from widgets.base.still import WithStill
from widgets.base.thread_safe import ThreadSafe
from widgets.gallery.thumbnails import thumbnail
from widgets.views.reopening import set_in

_log = logging.getLogger("lab.widgets")
_HERE = Path(__file__).parent
_MOST_CELLS = 200
_HIGHEST = 2**64
_NEARER = {"seed": "variation_seed", "variation_seed": "variation_strength"}
"""What is gone over around a picture that was picked: of a variation, how far it is turned."""
_CALLED = {"seed": "seed", "variation_seed": "variation", "variation_strength": "turned"}
_IDS = counting(1)


@dataclass
class _Level:
    """Pictures of one recipe that differ in one field: the seed, what its noise is turned towards, or how far."""

    recipe: Recipe
    over: str
    cells: dict[int, tuple[Grid, Cell]] = field(default_factory=dict)
    picked: int = 0

    def next_values(self, count: int) -> list[int] | list[float]:
        """Of the pictures that come next."""
        if self.over == "variation_strength":
            furthest = min(1.0, 2 * self.recipe.variation_strength)
            return [round(furthest * (turn + 1) / count, 3) for turn in range(count)]
        begin = (self.recipe.seed if self.over == "seed" else 0) + len(self.cells)
        return [(begin + turn) % _HIGHEST for turn in range(count)]

    def recipe_of(self, number: int) -> Recipe:
        grid, cell = self.cells[number]
        return grid.recipes[cell]


@checked
class SeedBrowser(WithStill, ThreadSafe, Laid, AnyWidget):
    """The same recipe with many seeds: pick one, draw variations around it, go on from the best, and back.

    `SeedBrowser(lab, result)` begins with the seeds that follow. `.recipe` and `.result` are of what is picked; its
    seed goes to the Studio of its task by a button. What is drawn is in the gallery, and is not drawn again.

    Args:
        lab: draws.
        drawing: what is drawn: a recipe, whose pictures the gallery keeps, a request or a result.
        count: how many at a time.

    Raises:
        BadInput: when its task draws nothing from a seed, or a picture is missing.
    """

    _esm = _HERE / "seed_browser.js"
    _css = _HERE / "seed_browser.css"

    # written by Python
    cells = List().tag(sync=True)
    """`id`, `words`, and `state`: waiting, drawn or failed; in order."""
    picked = Int(0).tag(sync=True)
    """The id of the cell that is picked; 0 for none."""
    said = Unicode().tag(sync=True)
    can_go_back = Bool(default_value=False).tag(sync=True)
    # written by the browser: how far variations are turned from what is picked
    strength = Float(0.15, min=0.01, max=1.0).tag(sync=True)

    def __init__(
        self, lab: Lab, drawing: Recipe | Request | Result, count: Annotated[int, Field(ge=2, le=64)] = 9
    ) -> None:
        request = drawing.request if isinstance(drawing, Result) else drawing
        recipe = request if isinstance(request, Recipe) else request.recipe
        if not task_named(recipe.task).draws:
            msg = f"{recipe.task} draws nothing from a seed, so there is none to choose"
            raise BadInput(msg)
        self._lab, self._count = lab, count
        self._pictures = [] if isinstance(request, Recipe) else [*request.pictures.values()]
        self._levels = [_Level(recipe.changed(variation_seed=None, variation_strength=0.0), "seed")]
        self._queue = BackgroundQueue("seeds", log=str(lab.log_file))
        self._draw_more()
        super().__init__(**self._shown())
        self._listen(self._level, self._level.cells)
        self.on_msg(self._hear)

    @property
    def recipe(self) -> Recipe | None:
        """The recipe of what is picked; None while nothing is."""
        level = self._level
        return level.recipe_of(level.picked) if level.picked in level.cells else None

    @property
    def result(self) -> Result | None:
        """What is picked, once it is drawn."""
        level = self._level
        if level.picked not in level.cells:
            return None
        grid, cell = level.cells[level.picked]
        return grid.results.get(cell)

    def close(self) -> None:
        """Draw no more, and close; what is drawn stays in the gallery."""
        if self.comm is None:  # closed already, or refused before there was anything to close
            return
        self._queue.close()
        for level in self._levels:
            for grid, _ in level.cells.values():
                grid.cancel()
        super().close()

    @property
    def _level(self) -> _Level:
        return self._levels[-1]

    def _draw_more(self) -> dict[int, tuple[Grid, Cell]]:
        """Start the next pictures of this level; those."""
        level = self._level
        over = {level.over: level.next_values(self._count)}
        grid = self._lab.grid(level.recipe, x=over, pictures=self._pictures)
        started = {next(_IDS): (grid, cell) for cell in sorted(grid.recipes)}
        level.cells |= started
        return started

    def _listen(self, level: _Level, started: dict[int, tuple[Grid, Cell]]) -> None:
        def look(_: object = None) -> None:
            if level is self._level and self.comm is not None:
                self.post(cells=self._shown()["cells"])

        for grid in {id(grid): grid for grid, _ in started.values()}.values():
            grid.on_cell(look)

    def _shown(self) -> dict[str, Any]:
        level = self._level
        cells = [{"id": number, **_state(*place, level.over)} for number, place in level.cells.items()]
        return {"cells": cells, "picked": level.picked, "can_go_back": len(self._levels) > 1}

    def _hear(self, _widget: object, content: Any, _buffers: object) -> None:
        """A wish of the browser, done on a thread of its own."""
        if not isinstance(content, dict):
            return
        number = content.get("id")
        acts = {"more": self._more, "vary": self._vary, "back": self._back, "use": self._use}
        if content.get("kind") == "pick" and type(number) is int:
            self._queue.add("pick", lambda: self._do(lambda: self._pick(number)))
        elif content.get("kind") == "thumbnail" and type(number) is int:
            self._queue.add(("thumbnail", number), lambda: self._send_thumbnail(number))
        elif (act := acts.get(str(content.get("kind")))) is not None:
            self._queue.add(str(content["kind"]), lambda: self._do(act))

    def _do(self, act: Any) -> None:
        try:
            act()
        except SketchlabError as error:
            self.post(said=str(error))

    def _pick(self, number: int) -> None:
        if number in self._level.cells:
            self._level.picked = number
            self.post(picked=number, said="")

    def _more(self) -> None:
        if self._level.over == "variation_strength" or len(self._level.cells) + self._count > _MOST_CELLS:
            self.post(said="There are no more of these: pick one, or go back.")
            return
        started = self._draw_more()
        self.post(**self._shown(), said="")
        self._listen(self._level, started)

    def _vary(self) -> None:
        """Draw variations of what is picked."""
        recipe = self.recipe
        if recipe is None:
            self.post(said="Pick one first.")
            return
        nearer = _NEARER.get(self._level.over)
        if nearer is None:
            self.post(said="This is as near as it gets: go back for others.")
            return
        is_new = nearer == "variation_seed"
        self._levels.append(_Level(recipe.changed(variation_strength=self.strength) if is_new else recipe, nearer))
        try:
            started = self._draw_more()
        except SketchlabError:
            self._levels.pop()
            raise
        self.post(
            **self._shown(),
            said=f"Variations of seed {recipe.seed}." if is_new else "From nearly none of it to twice as far.",
        )
        self._listen(self._level, started)

    def _back(self) -> None:
        if len(self._levels) > 1:
            for grid, _ in self._levels.pop().cells.values():
                grid.cancel()
            self.post(**self._shown(), said="")

    def _use(self) -> None:
        recipe = self.recipe
        if recipe is None:
            self.post(said="Pick one first.")
            return
        names = ("seed", "variation_seed", "variation_strength")
        task = set_in(self._lab, recipe.task, {name: getattr(recipe, name) for name in names})
        self.post(said=f"Its seed is in {task}." if task else "No Studio is open: open one first.")

    def _send_thumbnail(self, number: int) -> None:
        for level in self._levels:
            if number in level.cells:
                grid, cell = level.cells[number]
                if (result := grid.results.get(cell)) is not None:
                    self.send({"kind": "thumbnail", "id": number}, [thumbnail(result.picture)])


def _state(grid: Grid, cell: Cell, named: str) -> dict[str, Any]:
    """What is said of a cell."""
    words = f"{_CALLED[named]} {getattr(grid.recipes[cell], named)}"
    job = grid.jobs[cell]
    if not job.is_done:
        return {"words": words, "state": "waiting", "why": ""}
    why = grid.failed.get(cell, "")
    return {"words": words, "state": "failed" if why else "drawn", "why": why}
