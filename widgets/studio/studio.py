"""Everything for one task: canvas, settings, result and progress, wired to a lab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from lab.core.errors import BadInput, SketchlabError
from lab.core.events import Cancelled, Event, Failed, Finished, Preview, Progress, Result
from lab.core.picture import Picture, PictureLike
from lab.core.recipe import Recipe, Request
from lab.core.sentences.checked_call import checked
from lab.jobs import LiveSession
from lab.preprocessors import FILTERS, PREPROCESSORS, tools_of
from lab.session import Lab
from lab.tasks import live_size, task_named
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import Laid, VBox
from widgets.base.dispose import close_all
from widgets.base.key_guard import keep_keys
from widgets.base.still import WithStill
from widgets.canvas.mask_painter import MaskPainter
from widgets.canvas.sketch_canvas import SketchCanvas
from widgets.studio.beginning import begin
from widgets.studio.drag_binding import dragged
from widgets.studio.inputs.task_inputs import inputs_of
from widgets.studio.job_bar import JobBar
from widgets.studio.keeping import Keeping
from widgets.studio.model.with_model import WithModel
from widgets.studio.notices import Notices
from widgets.studio.outdated_picture import OutdatedPicture, same_subject
from widgets.studio.picture_exchange import PictureExchange
from widgets.studio.queue_panel import QueuePanel
from widgets.studio.results.asking import prompts_of
from widgets.studio.results.results import Results
from widgets.studio.results.with_results import WithResults
from widgets.studio.studio_buttons import buttons_of
from widgets.studio.studio_layout import Stage
from widgets.studio.view_fit import ViewFit
from widgets.views.result_view import ResultView

_LOADING = 0
"""The number of the job that reads a model ahead, which is everybody's."""


@checked
class Studio(WithModel, WithStill, WithResults, Laid, VBox):
    """Everything for one task; a lab has one a task, and opening another closes the older one.

    Draw, write, move a slider: the picture follows while Live is on, and at the press of Draw otherwise.

    Live draws twice: first with the model's few live steps, then, when nothing newer waits, with the steps of the
    slider. Sketch, settings and last picture come back with the session; they stay when the lab switches its model.

    Args:
        lab: does the work; the Studio listens to it until `close`.
        task: name of a task.

    Raises:
        BadInput: when there is no such task.
    """

    def __init__(self, lab: Lab, task: str = "sketch_to_image") -> None:
        self.lab = lab
        self.task = task_named(task)
        self.notices = Notices()
        self._switch_back()
        self.sources = inputs_of(lab, self.task)
        self.queue = QueuePanel(lab.queue, lab.cancel, self._draw_seeds if self.task.draws else None)
        self._dragged = dragged(self.task, self.sources)
        self.view = ResultView()
        self.bar = JobBar(lab.cancel)
        self.result: Result | None = None
        self._queue = BackgroundQueue(f"studio {task}", log=str(lab.log_file))
        self._session = LiveSession(lab.submit, lab.submit_live, self._hear_own)
        self._refused = ""
        self._previewed: int | None = None
        self._fit = ViewFit()
        self._buttons = buttons_of(self.task, lab.live())
        self.draw_button, self.live_button, self.outcome_button = self._buttons
        self.exchange = PictureExchange(self, self.notices, self._later, self._fit.bring)
        self.results = Results(
            self, self.exchange, self._session, request=self._checked_request, hear=self._hear_own,
            later=self._later, beside=self._queue.add, shows=self._shows_again,
        )  # fmt: skip
        self._begin_with_model()
        self.queue.on_change(lambda said: self.panel.folds.say("Queue", said))
        if self.canvas is not None:
            self.view.hint = "Draw something: the picture follows." if self.task.sketch else "The picture appears here."
        self._keeping = Keeping(lab, task, self.sources, self.notices, self._later)
        views = {name: view for source in self.sources for name, view in source.views.items()}
        self._stage = Stage(self._buttons.row, views, [self.bar, self.view], last=self.results.row, fit=self._fit)
        self._arrange()
        super().__init__([self.notices, self._stage, self.exchange.below])
        self.add_class("sketchlab-studio")
        keep_keys(self, run=self._run, cancel=lab.cancel)
        self._outdated = OutdatedPicture(self.view, self.bar, self.sources, lambda: self.live_button.value)
        shown = self._restore()
        self.results.strip.look(self.view.path)
        self._keeping.look()
        self._listen()
        lab.take_place(f"studio {task}", self.close)
        for surface in self.canvases:  # until now, the Studio whose place this is could still change what they show
            surface.refresh()
        lab.load()
        if self.sources and not shown:
            self._follow()

    @property
    def canvas(self) -> SketchCanvas | MaskPainter | None:
        """What is drawn or painted on; None when the task takes words alone."""
        return self.sources[0].surfaces[0] if self.sources else None

    @property
    def canvases(self) -> tuple[SketchCanvas | MaskPainter, ...]:
        """Everything that is drawn or painted on; the second one, where there is one, holds the scene or the style."""
        return tuple(surface for source in self.sources for surface in source.surfaces)

    @property
    def image(self) -> Picture | None:
        """The picture on the canvas, below what is drawn; assign anything that a `Picture` can be made of."""
        return self.canvas.background if self.canvas is not None else None

    @image.setter
    def image(self, image: PictureLike | None) -> None:
        if self.canvas is None:
            msg = f"{self.task.name} takes no picture: use image_to_image"
            raise BadInput(msg)
        self.canvas.background = image

    def begin_with(self, **wanted: Any) -> None:
        """Begin with these pictures and settings: `studio.begin_with(image="shoe.jpg", prompt="a shoe")`.

        What was the same the last time is passed over. So a cell that runs again leaves alone what was dropped, painted
        and typed since, and one that was changed is obeyed.

        Args:
            wanted: settings of the panel, and pictures by their use: `image`, `scene`, `style`.

        Raises:
            BadInput: when there is no such setting, its value is out of bounds, or a picture cannot be read.
        """
        begin(self.panel, self.sources, self._saved, wanted)

    def request(self, **changes: Any) -> Request:
        """What Draw would draw now, the first of `requests`.

        Raises:
            BadInput: when the settings cannot be used.
        """
        settings = {**self.panel.settings, **changes}
        if "prompt" in settings and "prompt" not in changes:  # a live picture shows the first of several
            settings["prompt"] = prompts_of(settings["prompt"], self.lab.home)[0]
        for source in self.sources:
            settings |= source.arguments()
        return self.lab.request(self.task.name, **self.guides.added_to(settings))

    def close(self) -> None:
        """Stop listening and close every part; the lab stays open."""
        if self.comm is None:
            return
        for end in self._subscriptions:
            end()
        self._session.close()
        self._queue.close()
        self.exchange.close()
        if self._dragged is not None:
            self._dragged.close()
        for source in self.sources:
            source.close()
        self.guides.close()
        for part in (self.panel, self._model_fold):
            close_all(part)
        for child in self.children:
            close_all(child)
        super().close()

    def _still_view(self) -> str:
        return self.view.model_id

    def _shown_pictures(self) -> Sequence[Picture]:
        return [Picture.of(self.view.shown)] if self.view.shown else []

    def _restore(self) -> bool:
        """Settings and last picture as they were; whether the picture is that of sketch and words as they are."""
        self._restore_settings({})
        wanted = self._wanted()
        for kept in self.lab.gallery.latest(task=self.task.name):
            if wanted and same_subject(kept.recipe, wanted.recipe):
                self.view.show_kept(kept)
                self._outdated.shows(kept.recipe)
                return kept.recipe.answers(wanted.recipe)
        return False

    def _listen(self) -> None:
        declared = (FILTERS.on_change(self._follow), PREPROCESSORS.on_change(self._follow))
        self._subscriptions = (self.lab.subscribe(self._hear_all), self.lab.on_switch(self._switched), *declared)
        self._listen_to_settings()
        for source in self.sources:
            source.on_change(self._follow)
            for surface in source.surfaces:
                surface.on_change(self._outdated.look)
                surface.on_run(self._submit)
        if self.outcome_button is not None:
            self.outcome_button.observe(lambda _: self._follow(), names="value")
        self.draw_button.on_click(lambda _: self._submit())
        self.results.on_count(self.draw_button.say)
        self.live_button.observe(lambda _: self._follow(), names="value")
        self._fit.observe(lambda _: self._follow(), names="is_seen")

    @property
    def _missing_input(self) -> str:
        """What is missing before anything can be drawn; empty when nothing is."""
        return next((source.missing_input for source in self.sources if source.missing_input), "")

    def _quick(self, full: Request) -> dict[str, Any]:
        """The settings of a live picture that differ from those of the full one."""
        steps = full.recipe.steps
        if steps is None:
            return {}
        smaller = {}
        with suppress(BadInput):  # which is said when it is drawn
            smaller = live_size(full, self.lab.card)
        return {**self._live_settings, **smaller, "steps": min(steps, self._live_settings["steps"])}

    def _settings_changed(self) -> None:
        self._outdated.look()
        self._saved.save(self.panel.settings)
        self._saved.aside = self.guides.kept
        self._follow()

    def _follow(self) -> None:
        """Let the picture follow. Called by whoever changed something, on any thread, and returns at once.

        Sketch and settings are read on a thread of the Studio's own, which holds no lock of a canvas while it reads
        another; a change that comes meanwhile is followed after it.
        """
        self._queue.run_next(lambda: self._do(self._follow_now))

    def _follow_now(self) -> None:
        """On the queue: ask for what is wanted now."""
        self._keeping.look()
        live = self.live_button.value and self._fit.is_seen
        if not live and not self._overlay.is_wanted:
            self._overlay.show(None)
            wanted = self._wanted() if self.view.png and not self._missing_input else None
            if wanted is not None:
                self._outdated.compare(wanted.recipe, self._quick(wanted))
            return
        full = None if self._missing_input else self.request()
        self._overlay.show(full)
        quick = self._quick(full) if full else {}
        if full is not None:
            self._outdated.compare(full.recipe, quick)
        if live:
            self._session.follow(full, quick, tools_of(full.recipe) if full else {})

    def _run(self, typed: dict[str, str]) -> None:
        """Ctrl+Enter: draw it now, with the words as they stand on the page."""
        self.panel.take_typed(typed)
        self._submit()

    def _submit(self) -> None:
        """Draw it now, when there is something to draw; returns at once."""
        self.results.draw()

    def _draw_seeds(self, count: int) -> None:
        self.results.seeds(count)

    def _checked_request(self, **changes: Any) -> Request:
        if self._missing_input:
            raise BadInput(self._missing_input)
        return self.request(**changes)

    def _shows_again(self, recipe: Recipe) -> None:
        """The picture of this recipe, which was drawn before, is on screen."""
        self._session.shows(recipe)
        self._outdated.shows(recipe)

    def _later(self, key: str, work: Callable[[], None]) -> None:
        """Do it on the Studio's own thread; returns at once."""
        self._queue.add(key, lambda: self._do(work))

    def _do(self, work: Callable[[], None]) -> None:
        """On the queue: do it; what is wrong with what a person wants is said in the bar, until it is right."""
        try:
            with self._arranging:
                work()
        except SketchlabError as error:
            self._refused = str(error)
            self.bar.show_error(self._refused)
        else:
            self.bar.take_back(self._refused)

    def _hear_own(self, event: Event) -> None:
        """What comes of a picture that this Studio asked for; on the worker's thread, mostly: post, and return."""
        self.bar.hear(event)
        match event:
            case Preview(job=job, picture=picture):
                self._previewed = job
                self.view.show_preview(picture)
            case Failed():
                self._outdated.failed()
            case Finished(result=result):
                self._outdated.shows(result.request.recipe)
                self.view.show(result)
                self.results.came(result)
                self.result = result  # last: whoever sees it sees its picture, too
                self._follow()

    def _hear_all(self, event: Event) -> None:
        """What comes of any job of the lab, after whoever asked for it has heard; on the same threads."""
        self.queue.hear(event)
        if isinstance(event, Progress) and event.stage == "ready":
            self.panel.begin_to_count()
        self.bar.hear(event, is_own=event.job == _LOADING)
        if isinstance(event, Finished | Failed | Cancelled) and event.job == self._previewed:
            self.view.drop_preview()  # only its own: a waiting job that a newer one replaced has none

    def _wanted(self) -> Request | None:
        try:
            return self.request()
        except SketchlabError:
            return None
