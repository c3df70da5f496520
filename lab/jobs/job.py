"""One job: what was asked, how far it is, and what came of it."""

from __future__ import annotations

import asyncio
import copy
import logging
import os
import threading
from collections.abc import Callable, Generator
from enum import Enum
from typing import Any, Generic, TypeVar

from lab.core.errors import SketchlabError, Stopped, WouldBlock
from lab.core.events import Cancelled, Event, Failed, Finished, Progress, Result
from lab.core.recipe import Request
from lab.core.reporter import Reporter
from lab.core.sentences.checked_call import checked

_log = logging.getLogger("lab.jobs")
_HEARTBEAT_S = 0.1
"""How often whoever awaits a job looks up: ipykernel hands a kernel's interrupt (the stop button) over only when the
event loop wakes, so that a loop which sleeps until the job is done would hear of it then."""
_T = TypeVar("_T")


class JobState(Enum):
    """Where a job is in its life; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


_NEXT: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED}),
    JobState.RUNNING: frozenset({JobState.FINISHED, JobState.FAILED, JobState.CANCELLED}),
    JobState.FINISHED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}


class Work(Generic[_T]):
    """Something for the worker to do. In a notebook `await` it; in a script `.wait()` for it.

    Cancelling the cell that awaits it cancels it, unless another awaits it, too.

    Args:
        number: what its events call it.
        request: what it is done for.
        do: does it, on the worker's thread; reports how far it is, and stops where the reporter says so.
        is_live: whether a newer one of the live slot may take its place.
    """

    def __init__(self, number: int, request: Request, do: Callable[[Reporter], _T], *, is_live: bool = False) -> None:
        self.number = number
        self.request = request
        self.do = do
        self.is_live = is_live
        self.progress: Progress | None = None  # the newest that was told; by the worker
        self._state = JobState.QUEUED
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._cancel = threading.Event()
        self._when_done: list[Callable[[], None]] = []
        self._listeners: list[Callable[[Event], None]] = []
        self._ending: Event | None = None
        self._result: _T | None = None
        self._error: BaseException | None = None
        self._awaiting = 0
        self._process = os.getpid()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.number} {self.request.recipe.task} {self._state.value}>"

    @property
    def state(self) -> JobState:
        """Where the job is: see `JobState`. Any thread may look."""
        return self._state

    @property
    def is_done(self) -> bool:
        """Whether it finished, failed or was cancelled."""
        return self._done.is_set()

    @property
    def is_cancelling(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._cancel.is_set()

    def cancel(self) -> None:
        """Ask the job to stop: at once when it waits, before its next step when it runs. Any thread."""
        self._cancel.set()
        error = Stopped("the job was cancelled before it began")
        self.end(JobState.CANCELLED, error=error, only_from=JobState.QUEUED)

    def result(self) -> _T:
        """What came of it.

        Raises:
            WouldBlock: when the job is not done.
            Stopped: when it was cancelled.
            SketchlabError: when it failed; a copy of the error, so that the job holds no frame of who looks at it.
        """
        if not self.is_done:
            msg = f"job {self.number} is {self._state.value}: await it first"
            raise WouldBlock(msg)
        if self._error is not None:
            raise _copied(self._error)
        if self._result is None:
            msg = f"job {self.number} ended without a result"
            raise RuntimeError(msg)
        return self._result

    @checked
    def wait(self, timeout_s: float | None = None) -> _T:
        """The result, once it is there; for scripts and tests.

        Raises:
            WouldBlock: inside a running event loop, so in every notebook cell and widget callback.
            TimeoutError: when `timeout_s` seconds were not enough; the job goes on.
            SketchlabError: when the worker is in the process that this one was forked from.
        """
        self._check_process()
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            msg = "wait() would freeze the notebook until the job is done: write `await job` instead"
            raise WouldBlock(msg)
        if not self._done.wait(timeout_s):
            msg = f"job {self.number} was not done after {timeout_s:g} s; it goes on"
            raise TimeoutError(msg)
        return self.result()

    def __await__(self) -> Generator[Any, None, _T]:
        return self._awaited().__await__()

    def _check_process(self) -> None:
        if not self.is_done:
            check_is_here(self._process)

    async def _awaited(self) -> _T:
        self._check_process()
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def tell() -> None:
            if not done.done():
                done.set_result(None)

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell)

        self.when_done(wake)
        with self._lock:
            self._awaiting += 1
        is_interrupted = False
        try:
            while not done.done():
                await asyncio.wait([done], timeout=_HEARTBEAT_S)
        except asyncio.CancelledError:
            is_interrupted = True
            msg = f"job {self.number} was cancelled"  # anew: the cell's trace shall not go on into asyncio
            raise asyncio.CancelledError(msg) from None
        finally:
            with self._lock:
                self._awaiting -= 1
                is_last = self._awaiting == 0
            if is_interrupted and is_last:  # whoever else awaits it still wants it
                self.cancel()
        return self.result()

    @checked
    def when_done(self, callback: Callable[[], None]) -> None:
        """Call back once, on the thread that ends the job; at once when it is done already."""
        with self._lock:
            if not self._done.is_set():
                self._when_done.append(callback)
                return
        _call_back(self.number, callback)

    @checked
    def listen(self, on_event: Callable[[Event], None]) -> None:
        """Hear its events from now on, each once and on the thread that tells it; its end at once when that is told.

        Who listens already is not told twice.
        """
        with self._lock:
            if self._ending is None:
                if on_event not in self._listeners:
                    self._listeners.append(on_event)
                return
            ending = self._ending
        _call_back(self.number, lambda: on_event(ending))

    def heard_by(self, event: Event) -> list[Callable[[Event], None]]:
        """Who is to be told of an event of this job; after its end nobody any more. Called by the worker."""
        with self._lock:
            listeners = [*self._listeners]
            if isinstance(event, Finished | Failed | Cancelled):
                self._ending = event
                self._listeners.clear()
        return listeners

    def begin(self) -> bool:
        """Take a queued job into work; False when it was cancelled meanwhile. Called by the worker."""
        with self._lock:
            if self._state is not JobState.QUEUED:
                return False
            self._state = JobState.RUNNING
            return True

    def end(
        self,
        state: JobState,
        *,
        result: _T | None = None,
        error: BaseException | None = None,
        only_from: JobState | None = None,
    ) -> bool:
        """End the job; False when it has ended already, or is not where it should be. By the worker, and `cancel`."""
        with self._lock:
            if state not in _NEXT[self._state] or only_from not in (None, self._state):
                return False
            self._state, self._result, self._error = state, result, error
            self._done.set()
            callbacks, self._when_done = self._when_done, []
        for callback in callbacks:
            _call_back(self.number, callback)
        return True


def check_is_here(process: int) -> None:
    """Refuse to wait for a worker that a fork left behind: threads do not come along.

    Raises:
        SketchlabError: when that is not the number of this process.
    """
    if process != os.getpid():
        msg = (
            "this process was forked from the one whose worker draws for this lab: open a lab here, of another session"
        )
        raise SketchlabError(msg)


def _copied(error: BaseException) -> BaseException:
    """The same error for another who raises it; the very error where it cannot be copied."""
    try:
        copied = copy.copy(error)
    except Exception:  # one whose arguments are not those of its class
        return error.with_traceback(None)
    copied.__cause__ = error.__cause__
    return copied.with_traceback(None)


def _call_back(number: int, callback: Callable[[], None]) -> None:
    """Tell somebody who waited for a job; what they raise is theirs, and goes into the log."""
    try:
        callback()
    except BaseException:  # such as the loop of an awaiting cell that was closed meanwhile
        _log.exception("somebody who waited for job %d could not be told", number)


class Job(Work[Result]):
    """A picture on its way. In a notebook `await job`; in a script `job.wait()`.

    Cancelling the cell that awaits a job cancels the job.
    """


class Errand(Work[_T]):
    """Something else than a picture that is done for a request, such as measuring, or reading its model ahead."""
