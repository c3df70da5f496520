"""The threads that do what is to be done, in turn: jobs, the live one first. Knows neither engine nor torch."""

from __future__ import annotations

import atexit
import itertools
import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from lab.core.errors import SketchlabError, Stopped
from lab.core.events import Cancelled, Event, Finished, Progress, Queued, Result, Started
from lab.core.recipe import Request
from lab.core.reporter import Reporter
from lab.jobs.failures import failed_by, without_traces
from lab.jobs.job import Errand, Job, JobState, Work, check_is_here
from lab.jobs.live_slot import LiveSlot
from lab.jobs.own_log import OWN_LOG, logging_to
from lab.jobs.throttled_reporter import ThrottledReporter
from lab.jobs.time_left import TimeLeft
from lab.pipelines.memory.host_memory import give_back_memory

_log = logging.getLogger("lab.jobs")
_T = TypeVar("_T")
_W = TypeVar("_W", bound=Work[Any])
_Left: TypeAlias = tuple[Work[Any], float | None]
"""What is not done, and its seconds left where they are known."""
_REST_AFTER_S = 2.0
"""A worker that has had nothing to do for so long gives memory back, once: the next stroke of a person is sooner."""
_AHEAD = 0
"""The number of all that is done ahead of the first job: nobody awaits it."""
_AT_EXIT_S = 2.0
"""How long an interpreter that ends waits for what is being drawn; Jupyter kills a kernel after 5 s."""
_OPEN: weakref.WeakSet[Worker] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Cancel what is still being drawn: a thread within torch, when Python ends below it, aborts the process."""
    end = time.monotonic() + _AT_EXIT_S
    for worker in [*_OPEN]:
        worker.close(max(0.0, end - time.monotonic()))


class Worker:
    """The queue and the live slot of one lab.

    One thread, unless the engine draws elsewhere and has several on their way at once. A thread starts with the first
    job that finds none idle and is a daemon: a kernel that ends cancels what is drawn and waits for it briefly. A live
    job goes before the queue, since somebody is looking at it; the newest replaces the one that waits.

    Args:
        publish: gets every event, on the worker's thread (the first and a waiting job's last on the caller's); what
            it raises goes into the log.
        log_name: what a person is told to look into when something breaks.
        clock: seconds, monotonic.
        at_once: how many are done at once; asked whenever something comes in.
        rest: called on the thread, once, when there was nothing to do for `_REST_AFTER_S`.
    """

    def __init__(
        self,
        publish: Callable[[Event], None],
        log_name: str = "the log",
        clock: Callable[[], float] = time.monotonic,
        at_once: Callable[[], int] = lambda: 1,
        rest: Callable[[], None] = give_back_memory,
    ) -> None:
        self._publish = publish
        self._log_name = log_name
        self._clock = clock
        self._at_once = at_once
        self._rest = rest
        self._numbers = itertools.count(_AHEAD + 1)
        self._changed = threading.Condition()
        self._queue: deque[Work[Any]] = deque()
        self._live = LiveSlot()
        self._last_live: Job | None = None
        self._running: list[Work[Any]] = []
        self._when_idle: Work[Any] | None = None
        self._time_left = TimeLeft()
        self._closed = False
        self.is_paused = False
        self._threads: list[threading.Thread] = []
        self._process = os.getpid()
        _OPEN.add(self)

    @property
    def running(self) -> Work[Any] | None:
        """The job at work now; of several the first."""
        running = [*self._running]
        return running[0] if running else None

    def submit(
        self, request: Request, do: Callable[[Reporter], Result], on_event: Callable[[Event], None] | None = None
    ) -> Job:
        """Put a picture into the queue. Any thread; returns at once.

        Args:
            request: what is asked.
            do: draws it, on the worker's thread.
            on_event: gets the job's own events, as `publish` gets all.
        """
        job = self._new_job(Job(next(self._numbers), request, do), on_event)
        self._enter(lambda: self._queue.append(job), job)
        return job

    def submit_live(
        self, request: Request, do: Callable[[Reporter], Result], on_event: Callable[[Event], None] | None = None
    ) -> Job:
        """Make this the live picture: the newest wins; arguments as for `submit`. Any thread; returns at once.

        The same request again is the same job: `on_event` hears what is still to come of it, its end at least.
        """
        last = self._last_live
        if last and last.request.recipe == request.recipe and not _is_lost(last):
            if on_event is not None:
                last.listen(on_event)
            return last
        job = self._new_job(Job(next(self._numbers), request, do, is_live=True), on_event)
        for stale in self._enter(lambda: self._put_live(job), job):
            stale.cancel()
        return job

    def submit_errand(self, request: Request, do: Callable[[Reporter], _T]) -> Errand[_T]:
        """Put something else than a picture into the queue. Any thread; returns at once.

        Its progress is heard, no `Queued` and no `Finished`: it ends with "ready", `Failed` or `Cancelled`.
        """
        self._check_open()
        errand = self._told(Errand(next(self._numbers), request, do))
        self._enter(lambda: self._queue.append(errand), errand)
        return errand

    def when_idle(self, request: Request, do: Callable[[Reporter], object]) -> None:
        """Do something ahead of a request as soon as nothing else is to do; the newest wins. Any thread.

        Heard as job 0, by `publish` alone; returns at once.
        """
        self._check_open()
        ahead = self._told(Errand(_AHEAD, request, do))

        def want() -> None:
            self._when_idle = ahead

        self._enter(want, ahead)

    def undone(self) -> tuple[list[_Left], list[_Left]]:
        """What runs and what waits, in the order in which it begins, each with its seconds left. Any thread."""
        with self._changed:
            now = self._clock()
            live = [self._live.job] if self._live.job else []
            waiting = [work for work in (*live, *self._queue) if work.state is JobState.QUEUED]
            running = [work for work in self._running if work.number != _AHEAD and not work.is_done]
            told = [[(work, self._time_left.left_s(work, now)) for work in some] for some in (running, waiting)]
        return told[0], told[1]

    def cancel_one(self, number: int) -> bool:
        """Cancel one job by its number; False when there is none of that number that is not done. Any thread."""
        running, waiting = self.undone()
        found = [work for work, _ in (*running, *waiting) if work.number == number]
        for work in found:
            work.cancel()
        return bool(found)

    def to_front(self, number: int) -> bool:
        """Let one of the queue be its next; False when it does not wait there. Any thread."""
        with self._changed:
            found = [work for work in self._queue if work.number == number and work.state is JobState.QUEUED]
            for work in found:
                self._queue.remove(work)
                self._queue.appendleft(work)
        return bool(found)

    def pause(self, *, paused: bool) -> None:
        """Begin nothing of the queue for a while, or go on; the live picture and what runs are not held. Any thread."""
        with self._changed:
            self.is_paused = paused
            self._changed.notify_all()

    def cancel(self) -> None:
        """Cancel everything: what runs stops before its next step, what waits never starts. Any thread."""
        if self._process != os.getpid():  # a forked child has no jobs of its own
            return
        with self._changed:
            jobs = self._emptied()
        for job in jobs:
            job.cancel()

    def close(self, timeout_s: float = 30.0) -> None:
        """Cancel everything and end the threads, waiting for the engine's next check but no longer than `timeout_s`."""
        if self._process != os.getpid():
            return
        with self._changed:
            self._closed = True  # together with what is cancelled: nothing may come in between and wait for ever
            jobs = self._emptied()
            self._changed.notify_all()
        for job in jobs:
            job.cancel()
        end = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - time.monotonic()))

    def _emptied(self) -> list[Work[Any]]:
        """All that waits and what runs, to be cancelled without the lock; nothing waits any more."""
        jobs = [*self._queue, *filter(None, [self._live.take()]), *self._running]
        self._queue.clear()
        return jobs

    def _new_job(self, job: Job, on_event: Callable[[Event], None] | None) -> Job:
        """The job, told to the listeners before the worker can know of it; and again if it is cancelled."""
        self._check_open()
        if on_event is not None:
            job.listen(on_event)
        self._tell(self._told(job), Queued(job.number, job.request))
        return job

    def _told(self, work: _W) -> _W:
        """The work, whose cancelling the listeners will hear of."""

        def tell() -> None:
            if work.state is JobState.CANCELLED:
                self._tell(work, Cancelled(work.number))

        work.when_done(tell)
        return work

    def _check_open(self) -> None:
        check_is_here(self._process)  # before any lock, which a thread that is not here may have held at the fork
        if self._closed:
            msg = "this lab is closed: open it again with open_lab()"
            raise SketchlabError(msg)

    def _put_live(self, job: Job) -> list[Work[Any]]:
        """Put a job into the live slot; the jobs that have become stale by it, to be cancelled without the lock."""
        self._last_live = job
        stale: list[Work[Any] | None] = [self._live.put(job, self._clock())]
        running = self.running
        if running and running.is_live and not running.is_cancelling and self._live.may_stop_stale():
            stale.append(running)
        return [one for one in stale if one is not None]

    def _enter(self, change: Callable[[], _T], work: Work[Any]) -> _T:
        """Change the queue under the lock and wake the thread; where the lab was closed meanwhile, nothing waits."""
        try:
            with self._changed:
                self._check_open()
                answer = change()
                waiting = len(self._queue) + (self._live.job is not None) + (self._when_idle is not None)
                idle = len(self._threads) - len(self._running)
                if waiting > idle and len(self._threads) < max(1, self._at_once()):
                    self._threads.append(threading.Thread(target=self._work, name="lab-worker", daemon=True))
                    self._threads[-1].start()
                self._changed.notify_all()
                return answer
        except SketchlabError:
            work.cancel()  # its `Queued` was heard
            raise

    def _work(self) -> None:
        OWN_LOG.set(self._log_name)
        while True:
            work = self._next()
            if work is None:
                return
            if work.begin():
                self._run(work)
            with self._changed:
                self._running.remove(work)
                self._time_left.ended(work, self._clock(), is_whole=work.state is JobState.FINISHED)

    def _next(self) -> Work[Any] | None:
        """The next thing to do; waits for one. None when the lab is closed."""
        work = self._within(_REST_AFTER_S)
        if work is None and not self._closed:
            self._rest()
            work = self._within(None)
        return work

    def _within(self, wait_s: float | None) -> Work[Any] | None:
        """The same, unless nothing comes for so many seconds; None stands for any time."""
        with self._changed:
            while not self._closed:
                due_in = self._live.due_in(self._clock())
                work = self._taken(is_live_due=due_in == 0)
                if work is not None:
                    self._running.append(work)
                    return work
                if not self._changed.wait(wait_s if due_in is None else due_in) and due_in is None:
                    return None
            return None

    def _taken(self, *, is_live_due: bool) -> Work[Any] | None:
        """The next thing, taken out of where it waited; None when there is none."""
        if is_live_due:
            return self._live.take()
        if self._queue and not self.is_paused:
            return self._queue.popleft()
        ahead, self._when_idle = self._when_idle, None
        return ahead

    def _run(self, work: Work[Any]) -> None:
        if work.number != _AHEAD:
            self._tell(work, Started(work.number))
        with self._changed:
            self._time_left.began(work, self._clock())
        reporter = ThrottledReporter(work, lambda event: self._tell(work, event), self._clock)
        try:
            made = work.do(reporter)
        except Stopped as stopped:
            work.end(JobState.CANCELLED, error=without_traces(stopped))
        except BaseException as error:  # the thread outlives whatever an engine or a filter raises, SystemExit too
            failed = failed_by(error, work, self._log_name)
            work.end(JobState.FAILED, error=failed.error)
            self._tell(work, failed)
        else:
            if work.is_live:
                self._live.ran(work, made.seconds)
            work.end(JobState.FINISHED, result=made)
            picture = isinstance(work, Job)
            self._tell(work, Finished(work.number, made) if picture else Progress(work.number, "ready"))

    def _tell(self, work: Work[Any], event: Event) -> None:
        """Tell who asked for it, then all who listen; the thread outlives whatever they raise.

        It may be that of a cell, or one on which a library fetches a file.
        """
        if isinstance(event, Progress):
            work.progress = event
            with self._changed:
                self._time_left.heard(event, self._clock())
        with logging_to(self._log_name):
            for listener in (*work.heard_by(event), self._publish):
                try:
                    listener(event)
                except BaseException:
                    _log.exception("somebody could not be told of %r", event)


def _is_lost(job: Job) -> bool:
    return job.is_cancelling or job.state in (JobState.FAILED, JobState.CANCELLED)
