"""The pipeline manager: keeps models and the results of stages, makes room, and opens cached stages. Knows no task."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

from lab.core.catalogue import ModelCard
from lab.core.errors import Stopped
from lab.core.recipe import Plan
from lab.core.reporter import Reporter
from lab.core.resident_models import AuxiliaryNetworks
from lab.pipelines.job_model import JobModel
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.memory.device import best_device
from lab.pipelines.memory.host_memory import keep_freed_memory
from lab.pipelines.memory.oom_fallbacks import Fallback, OomRetry
from lab.pipelines.memory.report import MemoryReport
from lab.pipelines.memory.stage_cache import CacheReport, StageCache
from lab.pipelines.memory.weights_in_use import give_back
from lab.pipelines.models.choice import Weights
from lab.pipelines.models.chosen import Choices
from lab.pipelines.models.loaded_model import LoadedModel, load_model
from lab.pipelines.models.upscalers import Upscalers
from lab.pipelines.precision import dtypes_for
from lab.pipelines.speedups.approximate import Cost, Draw, cost
from lab.pipelines.stages import CachedStages
from lab.pipelines.weights.load import control_bytes
from lab.pipelines.weights.locate import control_here, identity_of

_log = logging.getLogger("lab.pipelines")
_PATIENCE_S = 0.05
"""How often a job that waits for another one looks whether it was cancelled."""


class DiffusersEngine:
    """Opens the stages of pictures on diffusers, for one job at a time. Called on any thread.

    Args:
        device: "cuda", "mps" or "cpu"; the best there is when None.
        memory_bytes: how much models and kept results may take together; measured from the device when None.
        clock: seconds, monotonic.
        auxiliaries: who else holds networks in the same memory.
        parking_bytes: how much of what gives way on a GPU may wait in the machine's memory; measured when None.
    """

    def __init__(
        self,
        device: str | None = None,
        memory_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        auxiliaries: Sequence[AuxiliaryNetworks] = (),
        *,
        parking_bytes: int | None = None,
    ) -> None:
        self.device = torch.device(device) if device else best_device()
        keep_freed_memory()
        self.notes: tuple[str, ...] = ()
        self._cache = StageCache()
        self._memory = MemoryBudget(
            self.device, self._cache, memory_bytes, clock, auxiliaries, parking_limit_bytes=parking_bytes
        )
        self.loaded: dict[str, LoadedModel] = {}
        self._safer: dict[str, int] = {}
        self._choices = Choices(self._memory)
        self._costs: dict[tuple[str, str | None], Cost] = {}
        self._upscalers = Upscalers(self.device, self._memory)
        self._turn = threading.RLock()  # again on the same thread where a measurement draws
        self._is_at_work = False
        self._is_release_wanted = False

    def load(self, card: ModelCard, reporter: Reporter, precision: str = "exact") -> None:
        """Have a session's model in memory with its preview, and with the ControlNets that are here and fit.

        It is pinned in place of another session's, from now on and until the session is told to `leave`. What comes
        with the model is a courtesy: what cannot be read or does not fit is told by the job that wants it.
        """
        with self._job(reporter):
            self._memory.keep_live(card.name)  # first: another session's model may go for it
            weights = self._weights(card, precision, reporter)
            loaded = self._model(card, weights, reporter, self._oom_retry(reporter))
            kinds = {source.repo: kind for kind, source in loaded.card.controls.items()}
            for repo, kind in kinds.items():  # one may serve several kinds
                self._ahead(f"the ControlNet {repo}", lambda at=repo, of=kind: _read_ahead(loaded, at, of, reporter))
            self._ahead("the previews", lambda: loaded.previewer)

    def leave(self, model: str) -> None:
        """No open session draws with this model any more, so it goes when there must be room. Any thread."""
        self._memory.leave(model)

    @contextmanager
    def stages(self, plan: Plan, reporter: Reporter) -> Iterator[CachedStages]:
        """The stages that draw a planned picture; other jobs wait while this lasts, and stop waiting when cancelled.

        Afterwards `notes` say what had to be done to save memory.

        Raises:
            MissingWeights: from a stage, when the model is not on this machine.
            OutOfMemory: from a stage, when the device is too small, after everything was tried.
            Stopped: from the reporter, when the job was cancelled.
        """
        oom_retry = self._oom_retry(reporter)
        try:
            with self._job(reporter):
                precision = plan.recipe.precision if plan.steps else "exact"  # it may not even be on this machine
                weights = self._weights(plan.card, precision, reporter)  # once: it looks at every file of an own model
                model = JobModel(
                    plan.card,
                    weights,
                    lambda: self._ready(plan, weights, reporter, oom_retry),
                    lambda: self._here(plan.card, weights.identity),
                    lambda: [*self._said(plan), *(oom_retry.notes or self._standing(plan.card))],
                )
                yield CachedStages(
                    model,
                    self._upscalers,
                    self._cache,
                    reporter,
                    oom_retry,
                    device=self.device,
                    dtype=self._dtypes(plan.card)[0],
                )
        finally:
            self.notes = tuple(oom_retry.notes)

    def cost(self, plan: Plan, exact: Draw, traded: Draw, reporter: Reporter) -> Cost:
        """What the acceleration of a plan gives and takes, measured on it, now; later pictures say so beside them.

        Args:
            plan: what runs with the acceleration.
            exact: draws it without.
            traded: draws it with the acceleration.
            reporter: hears of all, but for previews.
        """
        with self._turn_of(reporter):
            measured = self._costs[plan.card.name, plan.recipe.acceleration] = cost(
                exact, traded, self.forget, reporter
            )
            return measured

    @contextmanager
    def model(self, plan: Plan, reporter: Reporter) -> Iterator[LoadedModel]:
        """A plan's model with what its recipe wants on it, for those who look into it; jobs wait while this lasts.

        Raises:
            MissingWeights: when it is not on this machine.
            OutOfMemory: when the device is too small.
        """
        with self._job(reporter):
            weights = self._weights(plan.card, plan.recipe.precision, reporter)
            yield self._ready(plan, weights, reporter, self._oom_retry(reporter))

    def draw_safer(self, card: ModelCard, reporter: Reporter) -> bool:
        """Draw with a model in the next safer dtype from now on, since it made no numbers; False when there is none.

        Then it is drawn in its usual one again: its weights are at fault.
        """
        dtype, *safer = self._dtypes(card)
        if not safer:
            self._safer.pop(card.name, None)
            return False
        self._safer[card.name] = self._safer.get(card.name, 0) + 1
        reporter.progress(f"{_short(dtype)} made no numbers: again in {_short(safer[0])}")
        return True

    def _dtypes(self, card: ModelCard) -> tuple[torch.dtype, ...]:
        """The dtype of a model, and the safer ones behind it."""
        return dtypes_for(card.family, self.device)[self._safer.get(card.name, 0) :]

    def _weights(self, card: ModelCard, precision: str, reporter: Reporter) -> Weights:
        """In which numbers a model is held: in others its weights are others, in memory and in the cache."""
        dtype, name = self._dtypes(card)[0], identity_of(card)
        bits = self._choices.bits(card, precision, dtype, self.loaded.get(card.name), reporter)
        dtyped = f"{name} in {_short(dtype)}" if card.name in self._safer else name
        return Weights(f"{dtyped} held in {bits}" if bits != "exact" else dtyped, bits, precision, dtype)

    def _said(self, plan: Plan) -> list[str]:
        """What is to be known of the way in which a picture was drawn."""
        if plan.card.name in self._safer:
            usual = dtypes_for(plan.card.family, self.device)[0]
            said = [f"drawn in {_short(self._dtypes(plan.card)[0])}, since {_short(usual)} made no numbers"]
        else:
            said = []
        acceleration = plan.recipe.acceleration
        known = self._costs.get((plan.card.name, acceleration), "faster, and not exact")
        return [*said, f"drawn with {acceleration}: {known}"] if acceleration else said

    def _standing(self, card: ModelCard) -> tuple[str, ...]:
        """What a model does otherwise than diffusers since memory was short for an earlier picture."""
        model = self.loaded.get(card.name)
        return () if model is None or model.is_gone else model.standing

    def _ready(self, plan: Plan, weights: Weights, reporter: Reporter, oom_retry: OomRetry) -> LoadedModel:
        """A model with exactly the LoRAs and the IP-Adapter that a recipe wants."""
        model = self._model(plan.card, weights, reporter, oom_retry)
        model.attach(plan.recipe, reporter)
        return model

    def _here(self, card: ModelCard, identity: str) -> LoadedModel | None:
        """A model where it is on the device with these weights, and stays for this job."""
        model = self.loaded.get(card.name)
        if model is None or model.is_gone or model.identity != identity or (card.name, "") in self._memory.parked:
            return None
        self._memory.use(card.name)
        return model

    def add_auxiliaries(self, auxiliaries: Sequence[AuxiliaryNetworks]) -> None:
        """Count these in the memory from now on, too, and let them go first."""
        self._memory.add_auxiliaries(auxiliaries)

    def limit_memory(self, memory_bytes: int | None) -> None:
        """How much models and kept results may take together from now on; measured when None. Any thread.

        Where models alone take more, all is dropped, now or as soon as the job at work is done; kept results give way
        with the next job.
        """
        self._memory.limit_to(memory_bytes)
        if memory_bytes is not None and self._memory.weights_bytes > memory_bytes:
            self.release()

    def memory_report(self) -> MemoryReport:
        """What is in memory and why. Any thread."""
        return self._memory.report()

    @property
    def cache(self) -> StageCache:
        """The kept results of stages; others may read its report."""
        return self._cache

    def cache_report(self) -> CacheReport:
        """How the stage cache stands. Any thread."""
        return self._cache.report()

    def forget(self, *stages: str) -> int:
        """Drop what these stages made, of all when none is named; the bytes that are free by that."""
        return self._cache.clear(*stages)

    def release(self) -> int:
        """Drop every model and every kept result; the bytes that are free by that. Any thread.

        While a job runs, 0: what it does not need is dropped as soon as it is done.
        """
        self._is_release_wanted = True  # before a look at the lock, so that a job which ends now sees it
        if not self._turn.acquire(blocking=False):
            return 0
        try:
            if self._is_at_work:  # on this very thread: a reporter asks for it
                return 0
            self._is_release_wanted = False
            return self._cache.clear() + self._memory.prepacked.clear() + self._memory.release(live_too=True)
        finally:
            self._turn.release()

    @contextmanager
    def _turn_of(self, reporter: Reporter) -> Iterator[None]:
        """Have the engine alone; a job that is cancelled while another one has it stops waiting."""
        while not self._turn.acquire(timeout=_PATIENCE_S):
            reporter.check()
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _job(self, reporter: Reporter) -> Iterator[None]:
        try:
            with self._turn_of(reporter), quiet_libraries():
                self._is_at_work = True
                try:
                    with self._memory.job():
                        yield
                finally:
                    self._is_at_work = False
                    for model in self.loaded.values():
                        model.rest()
        finally:
            if self._is_release_wanted:
                self.release()

    def _ahead(self, what: str, read: Callable[[], object]) -> None:
        """Read something that nobody has asked for yet; if that fails, only the log says so.

        Raises:
            Stopped: when the job was cancelled.
        """
        try:
            read()
        except Stopped:
            raise
        except Exception:
            _log.warning("%s could not be read ahead", what, exc_info=True)
        else:
            return
        gc.collect()  # only here the error is gone, and with it all that its trace held
        give_back(self.device)

    def _oom_retry(self, reporter: Reporter) -> OomRetry:
        """What helps any stage of a job that finds the device full."""
        return OomRetry(
            self.device,
            reporter,
            [
                Fallback("threw away kept results", lambda: self._cache.clear() + self._memory.prepacked.clear()),
                Fallback("let networks go that read pictures", self._memory.evict_auxiliaries),
                Fallback("dropped models that were not in use", self._memory.release),
            ],
        )

    def _model(self, asked: ModelCard, weights: Weights, reporter: Reporter, oom_retry: OomRetry) -> LoadedModel:
        here = self._here(asked, weights.identity)
        if here is not None and not here.has_room_again:
            return here
        name = asked.name
        self._memory.use(name)  # before it is read, so that another session's model may go for a session's
        reporter.progress("loading")
        before = self.loaded.get(name)
        if before is not None and (before.identity != weights.identity or here is not None):
            self._memory.drop(name)  # it was read from files that are others now, or comes back as a whole

        def come() -> LoadedModel:
            if before is None or (name, "") not in self._memory.parked:
                return load_model(asked, weights, self._memory, reporter)
            self._memory.bring_back(name)
            return before

        self.loaded[name] = oom_retry.run(come, oom_retry.common, name)
        self._memory.use(name)
        return self.loaded[name]


def _read_ahead(model: LoadedModel, repo: str, kind: str, reporter: Reporter) -> None:
    """Read a repository's ControlNet, which serves that kind, where it is on this machine and nothing goes for it."""
    path = control_here(model.card, repo)
    if path is not None and model.memory.has_room(control_bytes(path, model.dtype, model.card.variant)):
        model.ready((kind,), reporter)


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
