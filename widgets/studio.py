"""The whole bench for one task: canvas, settings, result and progress, wired to a lab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ipywidgets import Button, GridBox, HBox, Layout, ToggleButton, VBox

from lab.core.errors import SketchlabError
from lab.core.events import Cancelled, Event, Failed, Finished, Preview, Queued, Result
from lab.core.recipe import Recipe, Request
from lab.core.sketch import Sketch
from lab.jobs import Job, JobState
from lab.session import Lab
from lab.tasks import task_named
from widgets.job_bar import JobBar
from widgets.param_panel import ParamPanel
from widgets.result_view import ResultView
from widgets.sketch_canvas import SketchCanvas


class Studio(VBox):
    """One task's bench; a lab has one a task, and opening another closes the older one.

    Draw, write, move a slider: the picture follows while Live is on, and at the press of Draw otherwise.

    Live draws twice: first with the model's few live steps, then, when nothing newer waits, with the steps of the
    slider. Sketch, settings and last picture come back with the session.

    Args:
        lab: does the work; the Studio listens to it until `close`.
        task: name of a task.

    Raises:
        BadInput: when there is no such task.
    """

    def __init__(self, lab: Lab, task: str = "sketch_to_image") -> None:
        self.lab = lab
        self.task = task_named(task)
        lab.take_place(f"studio {task}", self.close)
        self.canvas: SketchCanvas | None = None
        self.panel = ParamPanel(lab.card, self.task)
        self.view = ResultView()
        self.bar = JobBar(lab.cancel)
        self.result: Result | None = None
        self._asked: Request | None = None
        self._own: set[int] = set()
        self._drawn: Recipe | None = None
        self._live = ToggleButton(
            value=True, description="Live", icon="bolt", tooltip="Draw again after every change", layout=_BUTTON
        )
        self._draw = Button(
            description="Draw", button_style="primary", tooltip="Draw it now, and keep the picture", layout=_BUTTON
        )
        if self.task.sketch:
            self.canvas = SketchCanvas(history=lab.autosave.history(task))
            self.view.hint = "Draw something: the picture follows."
        super().__init__(self._arranged(), layout=Layout(width="100%", max_width="1320px"))
        self._restore()
        self._listen()
        if self.canvas is not None and not lab.autosave.records(task):
            self.bar.show_error("This sketch is open in another kernel too: what you draw here is not kept.")
        lab.load()
        if self.canvas is not None and self._drawn != self._wanted():
            self._follow()

    def request(self, **changes: Any) -> Request:
        """What Draw would draw now.

        Raises:
            BadInput: when the settings cannot be used.
        """
        settings = {**self.panel.settings, **changes}
        if self.canvas is not None:
            settings["sketch"] = self.canvas.to_picture()
        return self.lab.request(self.task.name, **settings)

    def close(self) -> None:
        """Stop listening and close every part; the lab stays open."""
        if self.comm is None:
            return
        self._unsubscribe()
        for part in (self.canvas, self.view, self.bar, self.panel, self._live, self._draw):
            if part is not None:
                part.close()
        super().close()

    def _arranged(self) -> list[Any]:
        """Words and buttons above, canvas and result side by side where there is room, sliders below.

        The bar takes the height that the canvas's toolbar needs, so that paper and picture stand at one height.
        """
        self.bar.layout.flex = "1 1 auto"
        side = VBox([self.bar, self.view], layout=_COLUMN)
        columns = [side]
        if self.canvas is not None:
            columns.insert(0, self.canvas)
        room = "repeat(auto-fit, minmax(280px, 1fr))"
        benches = GridBox(
            columns, layout=Layout(grid_template_columns=room, grid_gap="16px", width="100%", max_width="1296px")
        )
        self.panel.words.layout = Layout(flex="1 1 auto", width="auto", min_width="0")
        buttons = VBox([self._draw, self._live], layout=Layout(flex="0 0 auto", margin="0 0 0 8px"))
        top = HBox([self.panel.words, buttons], layout=Layout(width="100%"))
        return [top, benches, self.panel.sliders]

    def _restore(self) -> None:
        """Settings and last picture as they were when the session was last open."""
        try:
            self.panel.settings = self.lab.autosave.settings(self.task.name)
        except Exception as error:  # settings of an older version must not keep anybody out
            self.bar.show_error(f"the saved settings could not be used: {error}")
        for kept in self.lab.gallery.latest(task=self.task.name):
            self.view.show_kept(kept)
            self._drawn = kept.recipe

    def _listen(self) -> None:
        self._unsubscribe = self.lab.subscribe(self._hear)
        self.panel.on_change(self._settings_changed)
        if self.canvas is not None:
            self.canvas.on_change(self._sketch_changed)
        self._draw.on_click(lambda _: self._submit())
        self._live.observe(lambda _: self._follow(), names="value")

    def _settings_changed(self) -> None:
        self.lab.autosave.save_settings(self.task.name, self.panel.settings)
        self._follow()

    def _sketch_changed(self, _: Sketch) -> None:
        self._follow()

    def _follow(self) -> None:
        """Let the picture follow, when Live is on and there is something to draw."""
        if not self._live.value or (self.canvas is not None and self.canvas.sketch.is_empty):
            return
        quick = min(self.panel.settings["steps"], self.lab.card.live_steps)
        self._ask(lambda: self.request(steps=quick), self.lab.submit_live)

    def _submit(self) -> None:
        if self.canvas is not None and self.canvas.sketch.is_empty:
            self.bar.show_error("The canvas is empty: draw something first.")
            return
        self._ask(self.request, self.lab.submit)

    def _ask(self, request: Callable[[], Request], submit: Callable[[Request], Job]) -> None:
        """Submit a request; callbacks never raise into the browser's log: what is wrong is said in the bar."""
        try:
            self._asked = request()
            job = submit(self._asked)
        except SketchlabError as error:
            self.bar.show_error(str(error))
            return
        if job.request is not self._asked and job.number not in self._own:
            self._adopt(job)

    def _adopt(self, job: Job) -> None:
        """The lab was asked for this picture already, by a Studio that is closed now: show that one."""
        self._own.add(job.number)
        if job.state is JobState.FINISHED:
            self._hear(Finished(job.number, job.result()))

    def _hear(self, event: Event) -> None:
        """On the worker's thread, mostly: post, and return."""
        self.bar.hear(event)
        if isinstance(event, Queued) and event.request is self._asked:
            self._own.add(event.job)
        if event.job not in self._own:
            return
        match event:
            case Preview(picture=picture):
                self.view.show_preview(picture)
            case Finished(result=result):
                self._own.discard(event.job)
                self.result, self._drawn = result, result.request.recipe
                self.view.show(result)
                self._refine(result)
            case Failed() | Cancelled():
                self._own.discard(event.job)
                self.view.drop_preview()

    def _refine(self, quick: Result) -> None:
        """After the quick picture the full one, when it is still what is wanted."""
        steps = self.panel.settings["steps"]
        if not self._live.value or quick.request.recipe.steps == steps:
            return
        full = quick.request.recipe.changed(steps=steps)
        if full == self._wanted():
            self._ask(lambda: Request(full, quick.request.pictures), self.lab.submit_live)

    def _wanted(self) -> Recipe | None:
        try:
            return self.request().recipe
        except SketchlabError:
            return None


_BUTTON = Layout(width="96px")
_COLUMN = Layout(width="100%", min_width="0", max_width="640px")
