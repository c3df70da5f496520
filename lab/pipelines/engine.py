"""The engine of the worker: keeps models in memory, plans a request, and runs its task on a bench."""

from __future__ import annotations

from dataclasses import replace

import torch

from lab.core.hooks import Hooks
from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.pipelines.bench import DiffusersBench
from lab.pipelines.cache import CacheReport, StageCache
from lab.pipelines.device import best_device, best_dtype
from lab.pipelines.models import LoadedModel, load_model
from lab.pipelines.quiet import quietly
from lab.pipelines.upscalers import Upscalers
from lab.tasks import plan, task_named


class DiffusersEngine:
    """Turns requests into pictures with diffusers. Called on the worker's thread only.

    Args:
        device: "cuda", "mps" or "cpu"; the best there is when None.
    """

    def __init__(self, device: str | None = None) -> None:
        self.device = torch.device(device) if device else best_device()
        self.dtype = best_dtype(self.device)
        self._models: dict[str, LoadedModel] = {}
        self._upscalers = Upscalers(self.device)
        self._cache = StageCache()

    def load(self, model: str, hooks: Hooks) -> None:
        """Read a model, its ControlNets and its preview into memory, so that a picture comes quickly."""
        with quietly():
            loaded = self._model(model, hooks)
            for kind in loaded.card.controls:
                hooks.check()
                loaded.control(kind)
            _ = loaded.latent_to_rgb

    def run(self, request: Request, hooks: Hooks) -> tuple[Picture, Plan]:
        """The picture and the plan that made it.

        Raises:
            BadInput: before any model is loaded.
            MissingWeights: when the model is not on this machine.
            Stopped: from the hooks, when the job was cancelled.
        """
        recipe = request.recipe
        planned = replace(plan(request), device=str(self.device), dtype=str(self.dtype).removeprefix("torch."))
        with quietly():
            model = self._model(recipe.model, hooks)
            model.adapters.put_on(recipe.loras, recipe.references)
            bench = DiffusersBench(model, self._upscalers, self._cache, hooks)
            return task_named(recipe.task).run(request, planned, bench), planned

    def cache_report(self) -> CacheReport:
        """How the stage cache stands."""
        return self._cache.report()

    def forget(self, *stages: str) -> int:
        """Drop what these stages made, of all when none is named; the bytes that are free by that."""
        return self._cache.clear(*stages)

    def _model(self, name: str, hooks: Hooks) -> LoadedModel:
        if name not in self._models:
            hooks.progress("loading")
            self._models[name] = load_model(name, self.device, self.dtype)
        return self._models[name]
