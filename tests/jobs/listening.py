"""What tests of the worker listen with, what they ask for, and who draws it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lab.core import Recipe, Request
from lab.core.events import Event, Result
from lab.core.reporter import Reporter
from lab.jobs import Job, Worker
from tests.fakes import ScriptedEngine

SOON_S = 20


class Heard:
    """Every event of a worker, and a way to wait for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._new = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._new:
            self.events.append(event)
            self._new.notify_all()

    def until(self, wanted: Callable[[Event], bool]) -> Event:
        with self._new:
            found = self._new.wait_for(lambda: next(filter(wanted, self.events), None), SOON_S)
        assert found, f"only heard {self.events}"
        return found  # pyright: ignore[reportReturnType]

    def kinds(self, number: int) -> list[type]:
        return [type(event) for event in self.events if event.job == number]


def request(prompt: str = "an apple", seed: int = 0) -> Request:
    return Request(Recipe(prompt=prompt, seed=seed))


class DrawingWorker:
    """A worker that has an engine draw what it is asked for, and keeps it, as a lab does."""

    def __init__(
        self,
        engine: ScriptedEngine,
        publish: Callable[[Event], None],
        keep: Callable[[Result, bool], Result] = lambda result, is_live: result,  # noqa: ARG005
    ) -> None:
        self.worker = Worker(publish)
        self.cancel, self.close = self.worker.cancel, self.worker.close
        self._engine = engine
        self._keep = keep

    def submit(self, request: Request, on_event: Callable[[Event], None] | None = None) -> Job:
        return self.worker.submit(request, self._drawing(request), on_event)

    def submit_live(self, request: Request, on_event: Callable[[Event], None] | None = None) -> Job:
        return self.worker.submit_live(request, self._drawing(request, is_live=True), on_event)

    def load(self, model: str) -> None:
        self.worker.when_idle(Request(Recipe(model=model)), lambda reporter: self._engine.load(model, reporter))

    def _drawing(self, request: Request, *, is_live: bool = False) -> Callable[[Reporter], Result]:
        def draw(reporter: Reporter) -> Result:
            picture, plan = self._engine.run(request, reporter)
            return self._keep(Result(picture, request, plan, seconds=0.01), is_live)

        return draw


def never(_: Reporter) -> Result:
    """What a job does that is not to run."""
    msg = "this job was not to run"
    raise AssertionError(msg)
