"""An engine that follows a script.

engine = ScriptedEngine(steps=4)          every job takes 4 steps and gives a picture of its own
engine.gate.clear(); job = lab.run(...)   the job stops before its first step, until engine.gate.set()
engine.fails_with = ValueError("boom")    the next jobs raise
engine.runs                               (prompt, steps made) of each job so far, cancelled ones too
MeasuringEngine()                         the same, which also measures what a trade costs: 2.0, after one job
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from lab.core.catalogue import ModelCard
from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.core.reporter import Reporter
from lab.session.engine import Engine
from lab.tasks import PlannedRequest


class ScriptedEngine(Engine):
    """See the head of this file."""

    def __init__(self, steps: int = 3) -> None:
        self.steps = steps
        self.gate = threading.Event()
        self.gate.set()
        self.at_gate = threading.Event()
        self.fails_with: BaseException | None = None
        self.runs: list[tuple[str, int]] = []
        self.threads: set[str] = set()
        self.loaded: list[str] = []

    def load(self, card: ModelCard, reporter: Reporter, precision: str = "exact") -> None:  # noqa: ARG002 - none is held
        reporter.progress("loading")
        self.loaded.append(card.name)

    def run(self, planned: PlannedRequest, reporter: Reporter) -> tuple[Picture, Plan]:
        request = planned.request
        self.threads.add(threading.current_thread().name)
        made = 0
        try:
            for step in range(self.steps):
                self.at_gate.set()
                if not self.gate.wait(30):
                    msg = "the test forgot to open the gate"
                    raise TimeoutError(msg)
                reporter.progress("steps", step + 1, self.steps)
                reporter.preview(lambda: picture_of(request, 4))
                made += 1
            if self.fails_with:
                raise self.fails_with
        finally:
            self.runs.append((request.recipe.prompt, made))
        return picture_of(request, 16), planned.plan


class MeasuringEngine(ScriptedEngine):
    """See the head of this file."""

    def measuring(self, planned: PlannedRequest) -> Callable[[Reporter], float]:
        def measure(reporter: Reporter) -> float:
            self.run(planned, reporter)
            return 2.0

        return measure


def picture_of(request: Request, side: int) -> Picture:
    """A flat picture whose colour depends on the whole recipe."""
    colour = np.frombuffer(request.recipe.to_json().encode(), np.uint8).astype(int)
    mean = np.array([colour[i::3].sum() % 256 for i in range(3)], np.uint8)
    return Picture(np.broadcast_to(mean, (side, side, 3)).copy())
