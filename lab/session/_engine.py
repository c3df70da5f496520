"""The engine that all labs of a kernel share, woken at its first use: importing torch and diffusers takes seconds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from lab.core.guests import Guest
from lab.core.hooks import Hooks, Nobody
from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.pipelines.cache import StageCache
from lab.pipelines.residents import MemoryReport
from lab.preprocessors import detectors
from lab.retouch import cutout, sam

if TYPE_CHECKING:
    from lab.pipelines.engine import DiffusersEngine
    from lab.pipelines.trades import Cost


GUESTS: tuple[Guest, ...] = (detectors, cutout, sam)
"""Who holds networks besides the engine: they are counted in `lab.memory`, and go first when it is full."""


class SharedEngine:
    """The diffusers engine, imported on the worker's thread at its first use: the import alone takes seconds.

    Shared by all labs of the kernel, one at a time.
    """

    def __init__(self) -> None:
        self._engine: DiffusersEngine | None = None
        self._turn = threading.Lock()

    @property
    def cache(self) -> StageCache:
        return self._engine.cache if self._engine else StageCache()

    def memory_report(self) -> MemoryReport:
        if self._engine:
            return self._engine.memory_report()
        return MemoryReport(tuple(one for guest in GUESTS for one in guest.residents()))

    def release(self) -> int:
        return self._engine.release() if self._engine else 0

    def load(self, model: str, hooks: Hooks) -> None:
        with self._turn_of(hooks):
            self._ready(hooks).load(model, hooks)

    def run(self, request: Request, hooks: Hooks) -> tuple[Picture, Plan]:
        with self._turn_of(hooks):
            return self._ready(hooks).run(request, hooks)

    def cost(self, request: Request) -> Cost:
        nobody = Nobody()
        with self._turn_of(nobody):
            return self._ready(nobody).cost(request, nobody)

    @contextmanager
    def _turn_of(self, hooks: Hooks) -> Iterator[None]:
        """Wait while another lab draws; a cancelled job stops waiting."""
        while not self._turn.acquire(timeout=0.05):
            hooks.check()
        try:
            yield
        finally:
            self._turn.release()

    def _ready(self, hooks: Hooks) -> DiffusersEngine:
        if self._engine is None:
            hooks.progress("starting")
            from lab.pipelines.engine import DiffusersEngine

            self._engine = DiffusersEngine(guests=GUESTS)
        return self._engine


@cache
def shared_engine() -> SharedEngine:
    """The engine of this kernel."""
    return SharedEngine()


def best_device() -> str:
    """Where networks run; wakes torch."""
    from lab.pipelines import device

    return str(device.best_device())
