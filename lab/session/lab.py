"""The lab: one model manager, one worker, one gallery and one session, joined. Where the floors meet."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from lab.cloud.budget import Bill
from lab.core.conditioning import ControlGuide, ReferenceGuide, RegionGuide
from lab.core.errors import BadInput
from lab.core.events import Event, Result
from lab.core.picture import Mask, Picture, PictureLike
from lab.core.recipe import Recipe, Request
from lab.core.reporter import Reporter
from lab.core.sentences.checked_call import Listed, checked
from lab.gallery import Autosave, Gallery, home_folder
from lab.jobs import Errand, Job, JobQueue, Worker
from lab.pipelines.memory.report import MemoryReport
from lab.pipelines.memory.stage_cache import StageCache
from lab.session.engine import Engine
from lab.session.engine_host import AUXILIARY_NETWORKS, best_device, bytes_of_gb, shared_engine
from lab.session.from_pictures import FromPictures
from lab.session.log import LOG, LabLog
from lab.session.many import ManyPictures
from lab.session.requests import SketchLike, requested
from lab.session.runner import check_has_cost
from lab.session.switching import SwitchesModel
from lab.tasks import PlannedRequest, plan
from lab.vision.selector import Selector

if TYPE_CHECKING:
    from lab.pipelines.live_preset import Live
    from lab.pipelines.speedups.approximate import Cost


@checked
class Lab(SwitchesModel, FromPictures, ManyPictures):
    """Everything the widgets do is a line of Python on this object; it knows no widget.

    Args:
        model: name in the catalogue; the default of every request. An acceleration may stand behind it:
            "sd15 + taylorseer". Another one takes its place with `switch`.
        session: name under which sketches, settings and results are kept.
        family: sd15, sdxl, z-image, klein or qwen-edit, of a repository; of a folder or file it is read.
        acceleration: what makes drawings faster and less exact: taylorseer, channels_last or compile.
        precision: in how many bits the model is held: exact, 8bit, or auto, for the first that fits into free memory.
        home: folder of everything that is kept; `$SKETCHLAB_HOME`, else `~/.sketchlab`.
        engine: who makes the pictures; diffusers on the best device when None.

    Raises:
        BadInput: when there is no such model, family, acceleration or precision here, or the session's name is no file
            name.
    """

    def __init__(
        self,
        model: str = "starter",
        session: str = "default",
        *,
        family: str | None = None,
        acceleration: str | None = None,
        precision: str | None = None,
        home: Path | str | None = None,
        engine: Engine | None = None,
    ) -> None:
        if not re.fullmatch(r"[\w][\w .-]{0,79}", session):
            msg = f"a session's name is letters, digits, space, dot, dash; not {session!r}"
            raise BadInput(msg)
        self.home = home_folder(home)
        self._begin_with_model(model, family=family, acceleration=acceleration, precision=precision)
        self.session = session
        self.is_closed = False
        self.autosave = Autosave(self.home / "sessions" / session)
        self.gallery = Gallery(self.home / "gallery", session)
        self.log_file = self.home / "lab.log"
        self._listeners: list[Callable[[Event], None]] = []
        self._places: dict[str, Callable[[], None]] = {}
        self.engine = engine or shared_engine()
        self._log = LabLog(self.log_file)
        self._worker = Worker(self._publish, self._log.name, at_once=lambda: self.engine.jobs_at_once)
        self.queue = JobQueue(self._worker)
        _LABS.add(self)

    def __repr__(self) -> str:
        return f"<Lab {self.model.name}, session {self.session!r} in {self.home}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @checked
    def run(self, task: str, **settings: Any) -> Job:
        """Start a picture: `result = await lab.run("sketch_to_image", sketch=canvas.sketch, prompt="a red apple")`.

        Args:
            task: name of a task.
            settings: what `request` takes.

        Raises:
            BadInput: names what is wrong, before anything is loaded.
        """
        return self.submit(self.request(task, **settings))

    @checked
    def request(
        self,
        task: str,
        *,
        sketch: SketchLike | None = None,
        sketch_strength: float = 1.0,
        sketch_range: tuple[float, float] = (0.0, 1.0),
        colours: PictureLike | None = None,
        image: PictureLike | None = None,
        mask: Mask | PictureLike | None = None,
        scene: PictureLike | None = None,
        controls: Listed[ControlGuide] = (),
        references: Listed[ReferenceGuide] = (),
        regions: Listed[RegionGuide] = (),
        **settings: Any,
    ) -> Request:
        """The request that `run` would start. What the model cannot do is refused at `submit`.

        Args:
            task: name of a task.
            sketch: a sketch, picture, array or path; for tasks that draw from a sketch.
            sketch_strength: how strongly the sketch is followed, 0..2.
            sketch_range: the shares of the steps, 0..1, between which it is followed.
            colours: a picture to start from as far as it is opaque; the coloured areas of a `Sketch` when None.
            image: the picture to start from: a picture, PIL image, array, bytes or path.
            mask: where the image may change, white on black, at the size of the image.
            scene: the picture that a product is put into.
            controls: pictures that steer, made with `control(...)`.
            references: pictures that lend their style, made with `reference(...)`.
            regions: parts of the picture with words of their own, made with `region(...)`.
            settings: fields of `Recipe`, and the task's own settings; another model brings its own family,
                acceleration and precision, or none.

        Raises:
            BadInput: when a field, a picture or the task's name is wrong.
        """
        return requested(
            self.model, task, sketch=sketch, sketch_strength=sketch_strength, sketch_range=sketch_range, image=image,
            colours=colours, mask=mask, scene=scene, controls=controls, references=references, regions=regions,
            home=self.engine.folders_of(self.home), **settings,
        )  # fmt: skip

    @checked
    def submit(self, request: Request, on_event: Callable[[Event], None] | None = None) -> Job:
        """Put a request into the queue; `on_event` hears the job's own events, as `subscribe` hears all."""
        planned = plan(request)
        self.engine.expect([planned])
        return self._queued(planned, on_event)

    @checked
    def submit_live(self, request: Request, on_event: Callable[[Event], None] | None = None) -> Job:
        """Make this the live request: the newest wins, the same again is the same job, which `on_event` then hears."""
        if self.engine.no_live:
            raise BadInput(self.engine.no_live)
        return self._worker.submit_live(request, partial(self._made, plan(request), is_live=True), on_event)

    def live(self) -> Live:
        """How a live picture is asked for: in few steps, by a speed-up LoRA where one is on this machine."""
        return self.engine.live(self.card)

    @checked
    def cost(self, task: str, **settings: Any) -> Errand[Cost]:
        """Measure what an acceleration gives and takes here: `await lab.cost(task, acceleration="taylorseer")`.

        Draws the picture both ways, four times each, in its turn; in a script `.wait()` for it. Later pictures of this
        kernel say the figures beside them. `settings` as for `request`.

        Raises:
            BadInput: when the drawing is exact, and as for `run`.
            SketchlabError: when the lab was opened on an engine that cannot measure.
        """
        planned = plan(self.request(task, **settings))
        measure = self.engine.measuring(planned)
        check_has_cost(planned.request.recipe)
        return self._worker.submit_errand(planned.request, measure)

    @checked
    def select(self, picture: PictureLike, *, weights: str | Path | None = None) -> Selector:
        """Selects on a picture by clicks and boxes: `lab.select("room.jpg").mask([(320, 200)])`.

        By SAM 2 where its weights are on this machine, by the magic wand elsewhere; `.note` says which. Loads nothing
        before the first click, or `.prepare()`.

        Args:
            picture: what is clicked on.
            weights: a folder of SAM 2's weights, or a hub repository; None takes the best of what is here.

        Raises:
            BadInput: when the picture cannot be read.
            MissingWeights: when weights were named that are not here.
        """
        return Selector(Picture.of(picture), weights=weights, device=best_device)

    def load(self) -> None:
        """Read the model in the background, so that the first picture comes quickly."""
        load = partial(self.engine.load, self.card, precision=self.model.precision)
        self._worker.when_idle(Request(Recipe(**self.model.recipe_fields)), load)

    def cancel(self) -> None:
        """Cancel everything: what runs stops before its next step, what waits never starts."""
        self._worker.cancel()

    @property
    def memory(self) -> MemoryReport:
        """What is in memory, its bytes and why it is there; prints as a table."""
        return self.engine.memory_report()

    @property
    def bill(self) -> Bill:
        """What rented GPUs drew for this lab since it was opened, and what that costs at least."""
        return self.engine.bill

    @property
    def cache(self) -> StageCache:
        """The kept results of stages; `lab.cache.report()` prints what they saved."""
        return self.engine.cache

    @checked
    def limit_memory(self, memory_gb: float | None) -> None:
        """How much models and kept results of all labs of this kernel may take together, in GB of 10^9 bytes.

        The newest word counts; None stands for what the device has, as at the start. Where more is in memory already,
        it is dropped, now or as soon as the picture at work is done.

        Raises:
            BadInput: when it is no number above 0.
            SketchlabError: when the lab was opened on an engine that keeps no account of its memory.
        """
        self.engine.limit_memory(bytes_of_gb(memory_gb))

    def release(self) -> int:
        """Free all memory that is not at work, of every lab of this kernel; the bytes that are free by that.

        While a picture is drawn, 0: its model is freed as soon as it is done.
        """
        return sum(one.release() for one in (*AUXILIARY_NETWORKS, self.engine))

    @checked
    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Hear every event, mostly on the worker's thread; the answer unsubscribes. A listener must return at once."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    @checked
    def take_place(self, place: str, leave: Callable[[], None]) -> None:
        """Take a place that only one can have, such as a task's Studio; whoever had it is asked to leave."""
        had_it = self._places.get(place)
        self._places[place] = leave
        if had_it is not None:
            had_it()

    def close(self) -> None:
        """Cancel everything and end the worker; what is kept stays, the model in memory for others. Never raises."""
        self.is_closed = True
        for leave in [*self._places.values()]:
            try:
                leave()
            except Exception:
                LOG.exception("what had a place in the lab could not be closed")
        self._places.clear()
        self._worker.close()
        self._leave_model()
        self.autosave.close()
        self._listeners.clear()
        self._log.close()

    def _leave_model(self) -> None:
        """Pin the model no longer, unless another open lab of the same engine draws with it."""
        _LABS.discard(self)
        self._left(self.card.name)

    def _left(self, model: str) -> None:
        others = [lab for lab in _LABS if lab.engine is self.engine]
        if model not in {lab.card.name for lab in others}:
            self.engine.leave(model)

    def _queued(self, planned: PlannedRequest, on_event: Callable[[Event], None] | None = None) -> Job:
        return self._worker.submit(planned.request, partial(self._made, planned, is_live=False), on_event)

    def _made(self, planned: PlannedRequest, reporter: Reporter, *, is_live: bool) -> Result:
        """The picture of a request, drawn and kept; on the worker's thread."""
        return self.engine.result(planned, reporter, partial(self._keep, is_live=is_live))

    def _publish(self, event: Event) -> None:
        for listener in list(self._listeners):
            try:
                listener(event)
            except BaseException:  # SystemExit too: it is the listener's end, not the worker's
                LOG.exception("a listener failed on %r", event)

    def _keep(self, result: Result, *, is_live: bool) -> Result:
        """Into the gallery; with a full disk the picture still goes to the screen, with a word about it."""
        try:
            return self.gallery.add(result, is_live=is_live)
        except OSError as error:
            LOG.exception("the picture could not be kept")
            return replace(result, not_kept=f"not saved: {error.strerror or error}")


_LABS: WeakSet[Lab] = WeakSet()
"""All labs of this kernel that are not closed."""
