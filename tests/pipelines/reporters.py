"""Reporters of tests: they write down what an engine tells, call back, or cancel at a word; none shows anything."""

from __future__ import annotations

from collections.abc import Callable

from lab.core import Picture, Stopped
from lab.core.reporter import Reporter


class Told(Reporter):
    """Hooks that write down what they are told, and stop after a number of steps."""

    def __init__(self, stop_after: int = 10**6) -> None:
        self.stages: list[tuple[str, int, int]] = []
        self.previews: list[Picture] = []
        self._stop_after = stop_after

    def check(self) -> None:
        if sum(stage == "steps" and step > 0 for stage, step, _ in self.stages) >= self._stop_after:
            msg = "cancelled by the test"
            raise Stopped(msg)

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        self.stages.append((stage, step, steps))
        self.check()

    def preview(self, make: Callable[[], Picture]) -> None:
        self.previews.append(make())


class Watching(Told):
    """Hooks that call back at every word of the engine."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__()
        self._look = look

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        super().progress(stage, step, steps)
        self._look()


class StopAt(Told):
    """Hooks of a job that is cancelled at the n-th word about a stage."""

    def __init__(self, stage: str, word: int = 1) -> None:
        super().__init__()
        self._at = stage, word

    def check(self) -> None:
        stage, word = self._at
        if sum(said == stage for said, _, _ in self.stages) >= word:
            msg = "cancelled by the test"
            raise Stopped(msg)


class StopInside(Told):
    """Hooks of a job that is cancelled while a stage is at work: it asks so often whether to go on, then learns."""

    def __init__(self, stage: str, asked: int) -> None:
        super().__init__()
        self._at = stage
        self.left = asked

    def check(self) -> None:
        if self.stages and self.stages[-1][0] == self._at:
            self.left -= 1
            if self.left < 0:
                msg = "cancelled by the test"
                raise Stopped(msg)
