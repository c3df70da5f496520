"""A grid of a recipe whose cells fill while they are drawn: rows, columns, and how far it is. Draws no picture."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

from traitlets import Dict, List, Unicode

from lab.core.errors import SketchlabError
from lab.core.events import Event, Progress, Result, Started
from lab.core.sentences.checked_call import checked
from lab.gallery import png_with_recipe
from lab.jobs import Job, JobState
from lab.session.many import Grid
from lab.session.many.recipe_grid import Cell
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import AnyWidget, Laid
from widgets.base.joined_modules import joined
from widgets.base.still import WithStill
from widgets.base.thread_safe import ThreadSafe
from widgets.gallery.thumbnails import made_together, thumbnail
from widgets.views.picture_takers import hand_over

_HERE = Path(__file__).parent
_STATES = {
    JobState.QUEUED: "waiting",
    JobState.RUNNING: "working",
    JobState.FINISHED: "drawn",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}


@checked
class GridView(WithStill, ThreadSafe, Laid, AnyWidget):
    """A grid, live: its cells fill as they are drawn, and what fails or is cancelled says so in its place.

    A grid at the end of a notebook's cell is shown so by itself. A click enlarges a picture; what is not drawn yet can
    be cancelled. The page gets thumbnails of what is seen there. Closing it ends no drawing.

    Args:
        grid: what `lab.grid(recipe, x={...}, y={...})` gave.
    """

    _esm = joined(_HERE, ("../views/cell_steps.js", "../views/enlarged.js", "grid_view.js"))
    _css = joined(_HERE, ("../views/image_grid.css", "grid_view.css"))

    # written by Python
    words = List().tag(sync=True)
    """What stands beside the values of x, of y and of z; one empty word for an axis that is not there."""
    states = List().tag(sync=True)
    """Of each cell, row by row and z by z: waiting, working, drawn, failed or cancelled."""
    why = Dict().tag(sync=True)
    """Why cells failed, by their numbers as text."""
    at_work = Dict().tag(sync=True)
    """How far the cells are that are being drawn, by their numbers as text: `[step, steps, stage]`."""
    said = Unicode().tag(sync=True)

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        x, y, z = ([*axis.words] for axis in grid.axes)
        self._cells = [Cell(*place[::-1]) for place in product(*(range(len(one)) for one in (z, y, x)))]
        self._numbers: dict[int, list[int]] = {}  # of the cells that a job draws, by the job's number
        for number, cell in enumerate(self._cells):
            self._numbers.setdefault(grid.jobs[cell].number, []).append(number)
        self._wanted: list[int] = []
        self._queue = BackgroundQueue("cells of a grid")
        super().__init__(words=[x, y, z], **self._found())
        self.on_msg(self._hear)
        for job in self._jobs():
            job.listen(self._heard)
        grid.on_cell(self._ended)
        self._queue.add("look", self._look)  # what began before it was listened to

    @property
    def grid(self) -> Grid:
        """What is shown."""
        return self._grid

    def close(self) -> None:
        """Close the view; drawing goes on."""
        if self.comm is None:  # closed already, or refused before there was anything to close
            return
        self._queue.close()
        super().close()

    def _jobs(self) -> list[Job]:
        return [*{job.number: job for job in self._grid.jobs.values()}.values()]

    def _found(self) -> dict[str, Any]:
        """How all cells are by now, as traits."""
        jobs = [self._grid.jobs[cell] for cell in self._cells]
        states = [_STATES[job.state] for job in jobs]
        at_work = {
            str(number): [job.progress.step, job.progress.steps, job.progress.stage]
            for number, (job, state) in enumerate(zip(jobs, states, strict=True))
            if state == "working" and job.progress is not None
        }
        failed = self._grid.failed if "failed" in states else {}
        why = {str(number): failed[self._cells[number]] for number, one in enumerate(states) if one == "failed"}
        return {"states": states, "why": why, "at_work": at_work}

    def _look(self) -> None:
        if self.comm is not None:
            self.post(**self._found())

    def _ended(self, _: Cell) -> None:
        """On the thread that ends a cell; many that end together are told together."""
        self._queue.add("look", self._look)

    def _heard(self, event: Event) -> None:
        """On the worker's thread, ten times a second at most."""
        if not isinstance(event, Started | Progress) or self.comm is None:
            return
        numbers = self._numbers[event.job]
        if isinstance(event, Started) or self.states[numbers[0]] != "working":
            self._queue.add("look", self._look)
            return
        told = {str(number): [event.step, event.steps, event.stage] for number in numbers}
        self.post(at_work={**self.at_work, **told})

    def _hear(self, _widget: object, content: Any, _buffers: object) -> None:
        """A wish of the browser; what takes long is done beside the thread that brings it."""
        if not isinstance(content, dict):
            return
        number = content.get("number")
        acts: dict[str, Callable[[Result], None]] = {
            "enlarge": lambda result: self.send({"kind": "large", "number": number}, [png_with_recipe(result)]),
            "use": self._use,
        }
        if content.get("kind") == "cancel":
            self._queue.add("cancel", self._grid.cancel)
        elif content.get("kind") == "seen" and isinstance(numbers := content.get("numbers"), list):
            self._wanted = [one for one in numbers if type(one) is int and 0 <= one < len(self._cells)]
            self._queue.add("seen", self._send_thumbnails)
        elif (act := acts.get(str(content.get("kind")))) and type(number) is int and 0 <= number < len(self._cells):
            self._queue.add((content["kind"], number), lambda: self._with(number, act))

    def _with(self, number: int, act: Callable[[Result], None]) -> None:
        result = self._result(number)
        if result is None:
            return
        try:
            act(result)
        except SketchlabError as error:
            self.post(said=str(error))

    def _use(self, result: Result) -> None:
        name = hand_over(result.picture)
        self.post(
            said=f"It is on the canvas of {name}." if name else "No Studio with a canvas is open: open one first."
        )

    def _send_thumbnails(self) -> None:
        """A few at a time: what a person wants meanwhile waits for no more than those."""
        wanted = self._wanted
        made = made_together(wanted, self._thumbnail)
        if made:
            self.send({"kind": "thumbnails", "numbers": [*made]}, [*made.values()])
        if wanted:
            self._queue.add("seen", self._send_thumbnails)

    def _thumbnail(self, number: int) -> bytes | None:
        result = self._result(number)
        return thumbnail(result.picture) if result is not None else None

    def _result(self, number: int) -> Result | None:
        job = self._grid.jobs[self._cells[number]]
        return job.result() if job.state is JobState.FINISHED else None


Grid.view = GridView
