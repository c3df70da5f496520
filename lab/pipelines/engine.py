"""The pipeline manager: keeps models and the results of stages, makes room, and runs each task on a bench."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch

from lab.core.catalogue import ModelCard, model_card
from lab.core.guests import Guest
from lab.core.hooks import Hooks
from lab.core.picture import Picture
from lab.core.recipe import Plan, Recipe, Request
from lab.pipelines.bench import DiffusersBench, Wanted
from lab.pipelines.cache import CacheReport, StageCache
from lab.pipelines.device import best_device, best_dtype
from lab.pipelines.ladder import Ladder, Rung
from lab.pipelines.memory import Memory
from lab.pipelines.models import LoadedModel, load_model
from lab.pipelines.quiet import quietly
from lab.pipelines.residents import MemoryReport
from lab.pipelines.trades import Cost, cost
from lab.pipelines.upscalers import Upscalers
from lab.pipelines.weights.find import identity_of, revision_of
from lab.tasks import plan, task_named


class DiffusersEngine:
    """Turns requests into pictures with diffusers. Called on one thread at a time; reports on any.

    Args:
        device: "cuda", "mps" or "cpu"; the best there is when None.
        memory_bytes: how much models and kept results may take together; measured from the device when None.
        clock: seconds, monotonic.
        guests: who else holds networks in the same memory.
    """

    def __init__(
        self,
        device: str | None = None,
        memory_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        guests: Sequence[Guest] = (),
    ) -> None:
        self.device = torch.device(device) if device else best_device()
        self.dtype = best_dtype(self.device)
        self.notes: tuple[str, ...] = ()
        self._cache = StageCache()
        self._memory = Memory(self.device, self._cache, memory_bytes, clock, guests)
        self._models: dict[str, LoadedModel] = {}
        self._costs: dict[str, Cost] = {}
        self._upscalers = Upscalers(self.device, self._memory)
        self._turn = threading.Lock()
        self._is_release_wanted = False

    def load(self, model: str, hooks: Hooks) -> None:
        """Have a session's model in memory with its preview, and with the ControlNets that are here and fit."""
        with self._job():
            card = model_card(model)
            loaded = self._model(card, identity_of(card), hooks, self._ladder(hooks))
            self._memory.keep_live(loaded.card.name)
            loaded.ready_ahead(hooks)
            _ = loaded.previewer

    def run(self, request: Request, hooks: Hooks) -> tuple[Picture, Plan]:
        """The picture and the plan that made it; `notes` say what had to be done to save memory.

        Raises:
            BadInput: before any model is loaded.
            MissingWeights: when the model is not on this machine.
            OutOfMemory: when the device is too small, after everything was tried.
            Stopped: from the hooks, when the job was cancelled.
        """
        recipe = request.recipe
        card = model_card(recipe.model, recipe.revision)
        planned = replace(plan(request), device=str(self.device), dtype=str(self.dtype).removeprefix("torch."))
        ladder = self._ladder(hooks)
        try:
            with self._job():
                identity = identity_of(card)  # once: it looks at every file of a model of the user's own
                model = Wanted(
                    identity,
                    lambda: self._ready(card, identity, recipe, hooks, ladder),
                    lambda: self._here(card, identity),
                )
                bench = DiffusersBench(model, self._upscalers, self._cache, hooks, ladder)
                picture = task_named(recipe.task).made(request, planned, bench)
                revision = revision_of(card) if planned.steps else None
                note = "; ".join([*self._said(recipe), *ladder.notes])
                return picture, replace(planned, revision=revision, note=note)
        finally:
            self.notes = tuple(ladder.notes)

    def cost(self, request: Request, hooks: Hooks) -> Cost:
        """What the model of a request trades for speed, measured on it, now; its later pictures say so beside them.

        `engine.cost(lab.request("text_to_image", model="sd15 + taylorseer", prompt="a cup"), hooks)`; errors as for
        `run`, and BadInput for a model that trades nothing.
        """
        self._costs[request.recipe.model] = cost(self, request, hooks)
        return self._costs[request.recipe.model]

    def _said(self, recipe: Recipe) -> list[str]:
        """What is to be known of the way in which a picture was drawn."""
        trade = model_card(recipe.model).trade
        return [f"drawn with {trade}: {self._costs.get(recipe.model, 'faster, and not exact')}"] if trade else []

    def _ready(self, card: ModelCard, identity: str, recipe: Recipe, hooks: Hooks, ladder: Ladder) -> LoadedModel:
        """A model with exactly the LoRAs and the IP-Adapter that a recipe wants."""
        model = self._model(card, identity, hooks, ladder)
        model.put_on(recipe, hooks)
        return model

    def _here(self, card: ModelCard, identity: str) -> LoadedModel | None:
        """A model where it is in memory with these weights, and stays for this job."""
        model = self._models.get(card.exact)
        if model is None or model.is_gone or model.identity != identity:
            return None
        self._memory.use(card.exact)
        return model

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
            self._is_release_wanted = False
            return self._cache.clear() + self._memory.layouts.clear() + self._memory.release(live_too=True)
        finally:
            self._turn.release()

    @contextmanager
    def _job(self) -> Iterator[None]:
        try:
            with self._turn, quietly():
                try:
                    with self._memory.job():
                        yield
                finally:
                    for model in self._models.values():
                        model.rest()
        finally:
            if self._is_release_wanted:
                self.release()

    def _ladder(self, hooks: Hooks) -> Ladder:
        """What helps any stage of a job that finds the device full."""
        return Ladder(
            self.device,
            hooks,
            [
                Rung("threw away kept results", lambda: self._cache.clear() + self._memory.layouts.clear()),
                Rung("let networks go that read pictures", self._memory.show_out),
                Rung("dropped models that were not in use", self._memory.release),
            ],
        )

    def _model(self, asked: ModelCard, identity: str, hooks: Hooks, ladder: Ladder) -> LoadedModel:
        here = self._here(asked, identity)
        if here is not None:
            return here
        name = asked.exact
        hooks.progress("loading")
        self._memory.drop(name)  # what was read from files that are others now
        card = replace(asked, name=name, trade="")
        self._models[name] = ladder.climb(
            lambda: load_model(card, identity, self.dtype, self._memory, hooks), ladder.common, name
        )
        self._memory.use(name)
        return self._models[name]
