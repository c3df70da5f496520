"""How long a job still takes, from the steps that it has done and from what jobs like it took. Reads no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lab.core.events import Progress
from lab.jobs.job import Job, Work

_MEMORY = 0.3
"""Share of the newest run in the running means."""

_Kind: TypeAlias = tuple[Any, ...]
"""What the time depends on: task, model, acceleration, precision, steps, size, controls and LoRAs."""


@dataclass
class _Run:
    """A job at work: when it began, and the first and the newest step that were heard of, each with its time."""

    began: float
    first: tuple[int, float] = (0, 0.0)
    newest: tuple[int, float] = (0, 0.0)
    steps: int = 0

    @property
    def step_s(self) -> float | None:
        """Seconds a step, by the steps after the first one; None before there are any."""
        made = self.newest[0] - self.first[0]
        return (self.newest[1] - self.first[1]) / made if made > 0 else None


@dataclass
class TimeLeft:
    """Learns from each finished picture. Times are seconds of one monotonic clock; called under the worker's lock."""

    whole_s: dict[_Kind, float] = field(default_factory=dict)
    _after_s: dict[_Kind, float] = field(default_factory=dict)
    _runs: dict[int, _Run] = field(default_factory=dict)

    def began(self, work: Work[Any], now: float) -> None:
        """A job is at work from now on."""
        self._runs[work.number] = _Run(now)

    def heard(self, event: Progress, now: float) -> None:
        """Take note of how far a job is, and when."""
        run = self._runs.get(event.job)
        if run is None or event.step < 1:
            return
        if not run.newest[0] <= event.step or event.steps != run.steps:  # the first, or a second time of steps
            run.first = event.step, now
        if event.step != run.newest[0] or event.steps != run.steps:
            run.newest, run.steps = (event.step, now), event.steps

    def ended(self, work: Work[Any], now: float, *, is_whole: bool) -> None:
        """A job is done; its times count where it was not stopped."""
        run = self._runs.pop(work.number, None)
        if run is None or not is_whole or not isinstance(work, Job):
            return
        kind = _kind(work)
        _learn(self.whole_s, kind, now - run.began)
        if run.steps and run.newest[0] == run.steps:
            _learn(self._after_s, kind, now - run.newest[1])

    def left_s(self, work: Work[Any], now: float) -> float | None:
        """Seconds until a job at work is done, or that one which waits takes; None before anything is known."""
        run, kind = self._runs.get(work.number), _kind(work)
        if run is None:
            return self.whole_s.get(kind)
        if run.step_s is not None:
            steps_s = (run.steps - run.newest[0]) * run.step_s + self._after_s.get(kind, 0.0)
            return max(0.0, steps_s - (now - run.newest[1]))
        whole = self.whole_s.get(kind)
        return None if whole is None else max(0.0, whole - (now - run.began))


def _learn(means: dict[_Kind, float], kind: _Kind, seconds: float) -> None:
    means[kind] = (1 - _MEMORY) * means.get(kind, seconds) + _MEMORY * seconds


def _kind(work: Work[Any]) -> _Kind:
    recipe = work.request.recipe
    size = recipe.width, recipe.height
    return (
        recipe.task,
        recipe.model,
        recipe.acceleration,
        recipe.precision,
        recipe.steps,
        size,
        len(recipe.controls),
        len(recipe.loras),
    )
