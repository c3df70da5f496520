"""One thread that runs one job after the other; the only thread that ever calls the engine. Knows no torch."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from lab.core.errors import JobFailed, SketchlabError, Stopped
from lab.core.events import Cancelled, Event, Failed, Finished, Progress, Queued, Result, Started
from lab.core.picture import Picture
from lab.core.recipe import Plan, Recipe, Request
from lab.core.reporter import Reporter
from lab.jobs.job import Errand, Job, JobState, Work
from lab.jobs.live_slot import LiveSlot
from lab.jobs.throttled_reporter import ThrottledReporter

_log = logging.getLogger("lab.jobs")
_T = TypeVar("_T")
_E = TypeVar("_E", bound=BaseException)
_W = TypeVar("_W", bound=Work[Any])


class Engine(Protocol):
    """Whatever turns requests into pictures; called on the worker's thread only."""

    def load(self, model: str, reporter: Reporter) -> None:
        """Make a model ready, so that the first picture comes quickly."""
        ...

    def run(self, request: Request, reporter: Reporter) -> tuple[Picture, Plan]:
        """The picture and what really ran."""
        ...


class Worker:
    """The queue and the live slot of one lab.

    The thread starts with the first job and is a daemon: a kernel that ends does not wait for it. A live job goes
    before the queue, since somebody is looking at it; the newest replaces the one that waits.

    Args:
        engine: turns requests into pictures.
        publish: gets every event, on the worker's thread (the first and a waiting job's last on the caller's); what
            it raises goes into the log.
        keep: puts a result where it is safe and returns it with its path; called before `Finished`.
        log_name: what a person is told to look into when the engine breaks.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        engine: Engine,
        publish: Callable[[Event], None],
        keep: Callable[[Result, bool], Result] = lambda result, is_live: result,  # noqa: ARG005
        log_name: str = "the log",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._publish = publish
        self._keep = keep
        self._log_name = log_name
        self._clock = clock
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._queue: deque[Work[Any]] = deque()
        self._live = LiveSlot()
        self._last_live: Job | None = None
        self._running: Work[Any] | None = None
        self._loading: Job | None = None
        self._to_load: str | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> Work[Any] | None:
        """The job at work now."""
        return self._running

    def submit(self, request: Request) -> Job:
        """Put a request into the queue. Any thread; returns at once."""
        job = self._new_job(request)
        self._enter(lambda: self._queue.append(job))
        return job

    def submit_live(self, request: Request) -> Job:
        """Make this the live request: the newest wins. The same request again is the same job. Any thread."""
        last = self._last_live
        if last and last.request.recipe == request.recipe and not _is_lost(last):
            return last
        job = self._new_job(request, is_live=True)
        for stale in self._enter(lambda: self._put_live(job)):
            stale.cancel()
        return job

    def submit_errand(self, request: Request, do: Callable[[Reporter], _T]) -> Errand[_T]:
        """Put something else than a picture into the queue. Any thread; returns at once.

        Its progress is heard, no `Queued` and no `Finished`: it ends with "ready", `Failed` or `Cancelled`.
        """
        self._check_open()
        errand = self._told(Errand(next(self._numbers), request, do))
        self._enter(lambda: self._queue.append(errand))
        return errand

    def load(self, model: str) -> None:
        """Make a model ready when nothing else is to do. Any thread; returns at once."""

        def want() -> None:
            self._to_load = model

        self._enter(want)

    def cancel(self) -> None:
        """Cancel everything: what runs stops before its next step, what waits never starts. Any thread."""
        with self._changed:
            jobs = [*self._queue, *filter(None, [self._live.take(), self._running, self._loading])]
            self._queue.clear()
        for job in jobs:
            job.cancel()

    def close(self, timeout_s: float = 30.0) -> None:
        """Cancel everything and end the thread, waiting for the engine's next check but no longer than `timeout_s`."""
        self.cancel()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _new_job(self, request: Request, *, is_live: bool = False) -> Job:
        """A numbered job, told to the listeners before the worker can know of it; and again if it is cancelled."""
        self._check_open()
        job = self._told(Job(next(self._numbers), request, is_live=is_live))
        self._tell(Queued(job.number, request))
        return job

    def _told(self, job: _W) -> _W:
        """The job, whose cancelling the listeners will hear of."""

        def tell() -> None:
            if job.state is JobState.CANCELLED:
                self._tell(Cancelled(job.number))

        job.when_done(tell)
        return job

    def _check_open(self) -> None:
        if self._closed:
            msg = "this lab is closed: open it again with open_lab()"
            raise SketchlabError(msg)

    def _put_live(self, job: Job) -> list[Work[Any]]:
        """Put a job into the live slot; the jobs that have become stale by it, to be cancelled without the lock."""
        self._last_live = job
        stale: list[Work[Any] | None] = [self._live.put(job, self._clock())]
        running = self._running
        if running and running.is_live and not running.is_cancelling and self._live.may_stop_stale():
            stale.append(running)
        return [one for one in stale if one is not None]

    def _enter(self, change: Callable[[], _T]) -> _T:
        """Change the queue under the lock and wake the thread."""
        with self._changed:
            self._check_open()
            answer = change()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="lab-worker", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return answer

    def _work(self) -> None:
        while True:
            task = self._next()
            if task is None:
                return
            if isinstance(task, str):
                self._load(task)
            elif task.begin():
                self._run(task)
            with self._changed:
                self._running = None

    def _next(self) -> Work[Any] | str | None:
        """The next job, or a model to load; waits for one. None when the lab is closed."""
        with self._changed:
            while not self._closed:
                due_in = self._live.due_in(self._clock())
                if due_in == 0:
                    self._running = self._live.take()
                    return self._running
                if self._queue:
                    self._running = self._queue.popleft()
                    return self._running
                if self._to_load is not None:
                    model, self._to_load = self._to_load, None
                    return model
                self._changed.wait(due_in)
            return None

    def _run(self, job: Work[Any]) -> None:
        self._tell(Started(job.number))
        reporter = ThrottledReporter(job, self._tell, self._clock)
        try:
            if isinstance(job, Errand):
                made, last = job.do(reporter), Progress(job.number, "ready")
            else:
                made = self._drawn(job, reporter)
                last = Finished(job.number, made)
        except Stopped as stopped:
            job.end(JobState.CANCELLED, error=_without_traces(stopped))
        except BaseException as error:  # the thread outlives whatever an engine or a filter raises, SystemExit too
            failed = self._failed(job, error)
            job.end(JobState.FAILED, error=failed.error)
            self._tell(failed)
        else:
            job.end(JobState.FINISHED, result=made)
            self._tell(last)

    def _drawn(self, job: Work[Result], reporter: Reporter) -> Result:
        """The picture of a job, kept."""
        began = self._clock()
        picture, plan = self._engine.run(job.request, reporter)
        seconds = self._clock() - began
        result = self._keep(Result(picture, job.request, plan, seconds), job.is_live)
        if job.is_live:
            self._live.ran(job, seconds)
        return result

    def _load(self, model: str) -> None:
        """Load ahead of the first job, as job 0, which nobody awaits."""
        nobody = Job(0, Request(Recipe(model=model)))
        with self._changed:
            self._loading = nobody
        try:
            self._engine.load(model, ThrottledReporter(nobody, self._tell, self._clock))
            self._tell(Progress(nobody.number, "ready"))
        except Stopped:
            self._tell(Cancelled(nobody.number))
        except BaseException as error:
            self._tell(self._failed(nobody, error))
        finally:
            with self._changed:
                self._loading = None

    def _tell(self, event: Event) -> None:
        """Tell the listeners; the thread outlives whatever they raise."""
        try:
            self._publish(event)
        except BaseException:
            _log.exception("nobody could be told of %r", event)

    def _failed(self, job: Work[Any], error: BaseException) -> Failed:
        """A failure in one sentence: the lab's own as it is, any other with its trace in the log."""
        if isinstance(error, SketchlabError):
            return Failed(job.number, str(error), _without_traces(error))
        _log.error("job %d failed: %s", job.number, job.request.recipe.to_json(), exc_info=error)
        sentence = f"something broke ({type(error).__name__}: {error}); the whole trace is in {self._log_name}"
        failure = JobFailed(sentence)
        failure.__cause__ = _without_traces(error)
        return Failed(job.number, sentence, failure)


def _without_traces(error: _E) -> _E:
    """An error, and those behind it, without the frames it came through: they hold every tensor of that moment."""
    behind: BaseException | None = error
    while behind is not None:
        behind.__traceback__ = None
        behind = behind.__cause__ or behind.__context__
    return error


def _is_lost(job: Job) -> bool:
    return job.is_cancelling or job.state in (JobState.FAILED, JobState.CANCELLED)
