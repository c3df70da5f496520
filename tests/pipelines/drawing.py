"""An engine that draws what it is asked for: planned, and run on its stages, as a session does it."""

from __future__ import annotations

from collections.abc import Callable

from lab.core import Picture, Request
from lab.core.catalogue import ModelCard, model_card
from lab.core.recipe import Plan
from lab.core.reporter import Reporter
from lab.pipelines.engine import DiffusersEngine
from lab.pipelines.speedups.approximate import Cost
from lab.session import runner
from lab.session.engine import Engine
from lab.tasks import PlannedRequest, plan


class DrawingEngine(DiffusersEngine, Engine):
    """See the head of this file. A lab can be opened on it as well."""

    def load(self, card: ModelCard | str, reporter: Reporter, precision: str = "exact") -> None:
        super().load(model_card(card) if isinstance(card, str) else card, reporter, precision)

    def run(self, asked: Request | PlannedRequest, reporter: Reporter) -> tuple[Picture, Plan]:
        return runner.run(self, _planned(asked), reporter)

    def price(self, asked: Request | PlannedRequest, reporter: Reporter) -> Cost:
        return runner.cost(self, _planned(asked), reporter)

    def measuring(self, planned: PlannedRequest) -> Callable[[Reporter], Cost]:
        return lambda reporter: self.price(planned, reporter)


def _planned(asked: Request | PlannedRequest) -> PlannedRequest:
    return asked if isinstance(asked, PlannedRequest) else plan(asked)
