"""The models in memory: loaded once, shared by every task."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from lab.core.catalogue import ModelCard, model_card
from lab.pipelines.families import FAMILIES, Family
from lab.pipelines.preview import LatentToRgb
from lab.pipelines.schedulers import scheduler_named


@dataclass
class LoadedModel:
    """The components of one model on one device, and its ControlNets as they are asked for."""

    card: ModelCard
    family: Family
    components: dict[str, Any]
    device: torch.device
    dtype: torch.dtype
    _controls: dict[str, torch.nn.Module] = field(default_factory=dict)
    _pipelines: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def control(self, kind: str) -> torch.nn.Module:
        """The ControlNet of a kind (one that the card lists), read at its first use."""
        if kind not in self._controls:
            self._controls[kind] = _settled(self.family.load_control(self.card, kind, self.dtype), self.device)
        return self._controls[kind]

    def pipeline(self, kinds: tuple[str, ...] = (), scheduler: str | None = None) -> Any:
        """The diffusers pipeline around the shared components, with the ControlNets of these kinds; nothing is copied.

        The same object at every call for the same kinds. With a scheduler of that name (one that the card lists), made
        anew, since it holds the state of one run.
        """
        if kinds not in self._pipelines:
            self._pipelines[kinds] = self._made_pipeline([self.control(kind) for kind in kinds])
        pipe = self._pipelines[kinds]
        if scheduler is not None:
            pipe.scheduler = scheduler_named(scheduler, self.components["scheduler"].config)
        return pipe

    def _made_pipeline(self, controls: list[torch.nn.Module]) -> Any:
        if controls:
            one_or_all = controls[0] if len(controls) == 1 else controls
            pipe = self.family.controlled(**self.components, controlnet=one_or_all)
        else:
            pipe = self.family.plain(**self.components)
        pipe.set_progress_bar_config(disable=True)
        return pipe

    @cached_property
    def latent_to_rgb(self) -> LatentToRgb:
        """The model's cheap preview."""
        return LatentToRgb(self.components["vae"])


def load_model(name: str, device: torch.device, dtype: torch.dtype) -> LoadedModel:
    """Read a model from disk.

    Raises:
        BadInput: when the catalogue has no such model.
        MissingWeights: when its weights are not here.
    """
    card = model_card(name)
    family = FAMILIES[card.family]
    components = {key: _settled(part, device) for key, part in family.load(card, dtype).items()}
    return LoadedModel(card, family, components, device, dtype)


def _settled(part: Any, device: torch.device) -> Any:
    """On its device, for use only.

    In diffusers' own memory order: another one (channels last) changes the last bits of a picture.
    """
    if not isinstance(part, torch.nn.Module):
        return part
    return part.to(device).eval().requires_grad_(requires_grad=False)
