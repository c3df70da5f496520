"""The engine that all labs of a kernel share, one at a time, with what it must know of them."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from numbers import Real
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from lab.core.errors import BadInput
from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.core.reporter import Reporter
from lab.core.resident_models import AuxiliaryNetworks
from lab.pipelines.kernel import kernel_engine, woken_engine
from lab.pipelines.memory.report import MemoryReport
from lab.pipelines.memory.stage_cache import StageCache
from lab.vision import annotators, cutout, sam2

if TYPE_CHECKING:
    from lab.pipelines.engine import DiffusersEngine
    from lab.pipelines.speedups.approximate import Cost


AUXILIARY_NETWORKS: tuple[AuxiliaryNetworks, ...] = (annotators, cutout, sam2)
"""Who holds networks besides the engine: they are counted in `lab.memory`, and go first when it is full."""


class Engine(Protocol):
    """Whatever turns requests into pictures; called on the worker's thread only."""

    def load(self, model: str, reporter: Reporter) -> None:
        """Make a model ready, so that the first picture comes quickly."""
        ...

    def run(self, request: Request, reporter: Reporter) -> tuple[Picture, Plan]:
        """The picture and what really ran."""
        ...


@runtime_checkable
class Keeper(Protocol):
    """An engine that keeps models for several labs."""

    def leave(self, model: str) -> None:
        """No open lab draws with this model any more. Any thread."""
        ...

    def limit_memory(self, memory_bytes: int | None) -> None:
        """How much it may hold from now on; measured when None. Any thread."""
        ...


@runtime_checkable
class Measurer(Protocol):
    """An engine that can say what a trade of exactness for speed costs."""

    def cost(self, request: Request, reporter: Reporter) -> Cost:
        """What the model of a request trades, measured. On the worker's thread."""
        ...


class SharedEngine:
    """The engine of this kernel, woken on the worker's thread at its first use.

    Shared by all labs of the kernel, one at a time, and by those who look into a model.
    """

    def __init__(self) -> None:
        self._known: DiffusersEngine | None = None
        self._limit: int | None = None
        self._turn = threading.Lock()

    @property
    def cache(self) -> StageCache:
        """The kept results of stages."""
        engine = self._woken()
        return engine.cache if engine else StageCache()

    def memory_report(self) -> MemoryReport:
        """What is in memory and why. Any thread."""
        engine = self._woken()
        if engine:
            return engine.memory_report()
        return MemoryReport(
            tuple(one for auxiliary in AUXILIARY_NETWORKS for one in auxiliary.residents()), self._limit or 0
        )

    def release(self) -> int:
        """Drop all that is not at work; the bytes that are free by that. Any thread."""
        engine = self._woken()
        return engine.release() if engine else 0

    def leave(self, model: str) -> None:
        """No open lab draws with this model any more. Any thread."""
        engine = self._woken()
        if engine:
            engine.leave(model)

    def limit_memory(self, memory_bytes: int | None) -> None:
        """How much it may hold from now on; measured when None. Any thread."""
        self._limit = memory_bytes  # before a look at the engine, so that one which wakes now sees it
        engine = self._woken()
        if engine:
            engine.limit_memory(memory_bytes)

    def load(self, model: str, reporter: Reporter) -> None:
        """Make a model ready."""
        with self._turn_of(reporter):
            self._ready(reporter).load(model, reporter)

    def run(self, request: Request, reporter: Reporter) -> tuple[Picture, Plan]:
        """The picture of a request, and what really ran."""
        with self._turn_of(reporter):
            return self._ready(reporter).run(request, reporter)

    def cost(self, request: Request, reporter: Reporter) -> Cost:
        """What the model of a request trades, measured."""
        with self._turn_of(reporter):
            return self._ready(reporter).cost(request, reporter)

    @contextmanager
    def _turn_of(self, reporter: Reporter) -> Iterator[None]:
        """Wait while another lab draws; a cancelled job stops waiting."""
        while not self._turn.acquire(timeout=0.05):
            reporter.check()
        try:
            yield
        finally:
            self._turn.release()

    def _ready(self, reporter: Reporter) -> DiffusersEngine:
        engine = self._woken()
        if engine is None:
            reporter.progress("starting")
            engine = self._met(kernel_engine())
        return engine

    def _woken(self) -> DiffusersEngine | None:
        """The engine, where a lab or a look has woken it already."""
        engine = woken_engine()
        return self._met(engine) if engine else None

    def _met(self, engine: DiffusersEngine) -> DiffusersEngine:
        """The engine, which counts the auxiliary networks and keeps to the limit from now on."""
        if engine is not self._known:
            self._known = engine
            engine.add_auxiliaries(AUXILIARY_NETWORKS)
            if self._limit is not None:
                engine.limit_memory(self._limit)
        return engine


@cache
def shared_engine() -> SharedEngine:
    """The engine of this kernel."""
    return SharedEngine()


def best_device() -> str:
    """Where networks run; wakes torch."""
    from lab.pipelines.memory import device

    return str(device.best_device())


def bytes_of_gb(memory_gb: float | None) -> int | None:
    """A limit in bytes; None, which stands for what the device has, stays None.

    Raises:
        BadInput: when it is no number above 0.
    """
    if memory_gb is None:
        return None
    if isinstance(memory_gb, bool) or not isinstance(memory_gb, Real) or not 0 < memory_gb < math.inf:
        msg = f"memory_gb must be a number above 0, such as 6, not {memory_gb!r}; None stands for all that is there"
        raise BadInput(msg)
    return max(1, int(memory_gb * 1e9))
