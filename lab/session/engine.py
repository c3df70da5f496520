"""What a lab asks of whoever makes its pictures, with the answers of one that only draws. Knows no torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lab.core.catalogue import ModelCard
from lab.core.errors import SketchlabError
from lab.core.picture import Picture
from lab.core.recipe import Plan
from lab.core.reporter import Reporter
from lab.pipelines.memory.report import MemoryReport
from lab.pipelines.memory.stage_cache import StageCache
from lab.tasks import PlannedRequest

if TYPE_CHECKING:
    from lab.pipelines.speedups.approximate import Cost


class Engine:
    """Draws what is planned. One that keeps nothing and measures nothing says no more than `run`."""

    def load(self, card: ModelCard, reporter: Reporter) -> None:
        """Make a model ready, so that the first picture comes quickly. On the worker's thread."""

    def run(self, planned: PlannedRequest, reporter: Reporter) -> tuple[Picture, Plan]:
        """The picture, and what really ran. On the worker's thread."""
        raise NotImplementedError

    def measuring(self, planned: PlannedRequest) -> Callable[[Reporter], Cost]:  # noqa: ARG002
        """What measures, on the worker's thread, what the acceleration of a request gives and takes.

        Raises:
            SketchlabError: when the engine cannot measure that.
        """
        msg = "only the diffusers engine can measure this: open the lab without an engine of its own"
        raise SketchlabError(msg)

    def leave(self, model: str) -> None:
        """No open lab draws with this model any more. Any thread."""

    def limit_memory(self, memory_bytes: int | None) -> None:  # noqa: ARG002
        """How much it may hold from now on; measured when None. Any thread.

        Raises:
            SketchlabError: when the engine keeps no account of its memory.
        """
        msg = "the engine of this lab keeps no account of its memory: open the lab without an engine of its own"
        raise SketchlabError(msg)

    @property
    def cache(self) -> StageCache:
        """The kept results of stages."""
        return StageCache()

    def memory_report(self) -> MemoryReport:
        """What is in memory and why. Any thread."""
        return MemoryReport()

    def release(self) -> int:
        """Drop all that is not at work; the bytes that are free by that. Any thread."""
        return 0
