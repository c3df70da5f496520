"""What a lab asks of whoever makes its pictures, with the answers of one that only draws. Knows no torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cloud.budget import Bill
from lab.core.catalogue import ModelCard
from lab.core.errors import BadInput, SketchlabError
from lab.core.events import Result
from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.core.reporter import Reporter
from lab.gallery import Made
from lab.pipelines.memory.report import MemoryReport
from lab.pipelines.memory.stage_cache import StageCache
from lab.tasks import PlannedRequest

if TYPE_CHECKING:
    from lab.pipelines.live_preset import Live
    from lab.pipelines.speedups.approximate import Cost


def as_drawn(asked: Request, ran: Plan) -> Request:
    """A request that leaves nothing open: what was asked, with the precision that was used."""
    if ran.recipe.precision == asked.recipe.precision:
        return asked
    return replace(asked, recipe=asked.recipe.changed(precision=ran.recipe.precision))


class Engine:
    """Draws what is planned. One that keeps nothing and measures nothing says no more than `run`."""

    no_live = ""
    """Why pictures cannot follow here; empty where they do."""

    def folders_of(self, home: Path) -> Path | None:
        """The home in whose folders it finds models and LoRAs; None for one that draws elsewhere."""
        return home

    @property
    def jobs_at_once(self) -> int:
        """How many pictures may be on their way at once."""
        return 1

    @property
    def bill(self) -> Bill:
        """What rented GPUs drew, and what that costs at least."""
        return Bill()

    def load(self, card: ModelCard, reporter: Reporter, precision: str = "exact") -> None:
        """Make a model ready, so that the first picture comes quickly. On the worker's thread."""

    def run(self, planned: PlannedRequest, reporter: Reporter) -> tuple[Picture, Plan]:
        """The picture, and what really ran. On the worker's thread."""
        raise NotImplementedError

    def result(self, planned: PlannedRequest, reporter: Reporter, keep: Callable[[Result], Result]) -> Result:
        """The picture of a request, drawn and kept. On the worker's thread."""
        began = time.monotonic()
        picture, ran = self.run(planned, reporter)
        made = as_drawn(planned.request, ran)
        return keep(Result(picture, made, ran, time.monotonic() - began))

    def has_versions_of(self, made: Made) -> bool:  # noqa: ARG002
        """Whether a picture that is kept was made by the libraries that would make it now. Any thread."""
        return True

    def has_weights_of(self, planned: PlannedRequest, made: Made) -> bool:  # noqa: ARG002
        """Whether a picture of this request was made with the weights of now. On the worker's thread."""
        return True

    def drawing_anew(self, planned: PlannedRequest) -> Callable[[Reporter], Result]:
        """What draws a request, on the worker's thread, as if nothing of it had been drawn before.

        Raises:
            SketchlabError: when the engine cannot.
        """

        def draw(reporter: Reporter) -> Result:
            self.cache.clear()
            return self.result(planned, reporter, lambda result: result)

        return draw

    def expect(self, planned: Sequence[PlannedRequest], max_cost: float | None = None) -> None:  # noqa: ARG002
        """Hear of pictures that belong together before the first of them is asked for. Any thread.

        Raises:
            BadInput: when they cannot be made, or nobody counts what they cost.
        """
        if max_cost is not None:
            msg = "max_cost counts what a rented GPU costs: leave it out, or open the lab on runpod://ENDPOINT_ID"
            raise BadInput(msg)

    def live(self, card: ModelCard) -> Live:
        """How a live picture is asked for."""
        from lab.pipelines.live_preset import Live, live_settings

        return Live({"steps": card.live_steps}, self.no_live, is_on=False) if self.no_live else live_settings(card)

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
        """The results of stages that are kept for the next picture; an engine without stages has an empty one."""
        return StageCache()

    def memory_report(self) -> MemoryReport:
        """What is in memory and why. Any thread."""
        return MemoryReport()

    def release(self) -> int:
        """Drop all that is not at work; the bytes that are free by that. Any thread."""
        return 0
