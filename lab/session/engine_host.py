"""The engine that all labs of a kernel share, woken at its first use: importing torch takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from numbers import Real
from typing import TYPE_CHECKING

from lab.core.catalogue import ModelCard
from lab.core.errors import BadInput
from lab.core.picture import Picture
from lab.core.recipe import Plan
from lab.core.reporter import Reporter
from lab.core.resident_models import AuxiliaryNetworks, residents_of
from lab.core.sentences.wording import shown
from lab.gallery import Made
from lab.pipelines.memory.report import MemoryReport
from lab.pipelines.memory.stage_cache import StageCache
from lab.session import runner
from lab.session.engine import Engine
from lab.tasks import PlannedRequest
from lab.vision import annotators, cutout, sam2
from lab.vision.waking import WAKING

if TYPE_CHECKING:
    from lab.pipelines.engine import DiffusersEngine
    from lab.pipelines.models.loaded_model import LoadedModel
    from lab.pipelines.speedups.approximate import Cost

_MOST_GB = 1e6
"""More than any machine has."""
AUXILIARY_NETWORKS: tuple[AuxiliaryNetworks, ...] = (annotators, cutout, sam2)
"""Who holds networks besides the engine: they are counted in `lab.memory`, and go first when it is full."""


def _diffusers_engine() -> DiffusersEngine:
    from lab.pipelines.engine import DiffusersEngine

    return DiffusersEngine()


class EngineHost(Engine):
    """An engine that sleeps until somebody draws with it, or looks into a model; what is said before, it keeps to.

    Args:
        wake: makes the engine; called once, on the thread that needs it first.
    """

    def __init__(self, wake: Callable[[], DiffusersEngine] = _diffusers_engine) -> None:
        self._wake = wake
        self.engine: DiffusersEngine | None = None
        self._limit: int | None = None

    @property
    def cache(self) -> StageCache:
        """The results of stages that are kept for the next picture; empty before the engine is there."""
        return self.engine.cache if self.engine else super().cache

    def memory_report(self) -> MemoryReport:
        """What is in memory and why. Any thread."""
        if self.engine:
            return self.engine.memory_report()
        return MemoryReport(tuple(residents_of(AUXILIARY_NETWORKS)), self._limit or 0)

    def release(self) -> int:
        """Drop all that is not at work; the bytes that are free by that. Any thread."""
        return self.engine.release() if self.engine else 0

    def leave(self, model: str) -> None:
        """No open lab draws with this model any more. Any thread."""
        if self.engine:
            self.engine.leave(model)

    def limit_memory(self, memory_bytes: int | None) -> None:
        """How much it may hold from now on; measured when None. Any thread."""
        self._limit = memory_bytes  # before a look at the engine, so that one which wakes now sees it
        if self.engine:
            self.engine.limit_memory(memory_bytes)

    def load(self, card: ModelCard, reporter: Reporter, precision: str = "exact") -> None:
        """Make a model ready, so that the first picture comes quickly."""
        self._awake(reporter).load(card, reporter, precision)

    def run(self, planned: PlannedRequest, reporter: Reporter) -> tuple[Picture, Plan]:
        """The picture, and what really ran."""
        return runner.run(self._awake(reporter), planned, reporter)

    def has_versions_of(self, made: Made) -> bool:
        """Whether a picture that is kept was made by the libraries that would make it now. Any thread."""
        return made.versions == runner.versions()

    def has_weights_of(self, planned: PlannedRequest, made: Made) -> bool:
        """Whether a picture of this request was made with the weights that would make it now."""
        if not planned.task.draws:
            return True
        from lab.pipelines.weights.fingerprints import fingerprints

        return made.weights == fingerprints(planned.plan)

    def measuring(self, planned: PlannedRequest) -> Callable[[Reporter], Cost]:
        """What measures, on the worker's thread, what the acceleration of a request gives and takes."""
        return partial(self._measured, planned)

    @contextmanager
    def model(self, plan: Plan, reporter: Reporter) -> Iterator[LoadedModel]:
        """A plan's model, for those who look into it; jobs wait while this lasts. Errors as for `run`."""
        with self._awake(reporter).model(plan, reporter) as model:
            yield model

    def _measured(self, planned: PlannedRequest, reporter: Reporter) -> Cost:
        return runner.cost(self._awake(reporter), planned, reporter)

    def _awake(self, reporter: Reporter) -> DiffusersEngine:
        """The engine, which counts the auxiliary networks and keeps to the limit."""
        with WAKING:
            if self.engine is None:
                reporter.progress("starting")
                engine = self._wake()
                engine.add_auxiliaries(AUXILIARY_NETWORKS)
                self.engine = engine
                if self._limit is not None:
                    engine.limit_memory(self._limit)
            return self.engine


@cache
def shared_engine() -> EngineHost:
    """The one engine that all labs of this kernel share; made at the first call, loads nothing."""
    return EngineHost()


def best_device() -> str:
    """Where networks run, "cuda", "mps" or "cpu"; imports torch, which takes seconds."""
    with WAKING:
        from lab.pipelines.memory import device

        return str(device.best_device())


def bytes_of_gb(memory_gb: float | None) -> int | None:
    """A limit in bytes; None, which stands for what the device has, stays None.

    Raises:
        BadInput: when it is no number above 0.
    """
    if memory_gb is None:
        return None
    if isinstance(memory_gb, bool) or not isinstance(memory_gb, Real) or not 0 < memory_gb <= _MOST_GB:
        msg = f"memory_gb must be a number above 0, such as 6, not {shown(memory_gb)}; None stands for all there is"
        raise BadInput(msg)
    return max(1, int(memory_gb * 1e9))
