"""The models in memory: loaded once, shared by every task."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from lab.core.catalogue import ModelCard, model_card
from lab.pipelines.adapters import Adapters
from lab.pipelines.families import FAMILIES, Family, Steered, Way
from lab.pipelines.preview import LatentToRgb
from lab.pipelines.schedulers import scheduler_named


@dataclass
class LoadedModel:
    """The components of one model on one device, and its ControlNets and adapters as they are asked for."""

    card: ModelCard
    family: Family
    components: dict[str, Any]
    device: torch.device
    dtype: torch.dtype
    _controls: dict[str, torch.nn.Module] = field(default_factory=dict)
    _pipelines: dict[tuple[Way, tuple[str, ...]], Any] = field(default_factory=dict)

    def control(self, kind: str) -> torch.nn.Module:
        """The ControlNet of a kind (one that the card lists), read at its first use; kinds may share one."""
        place = self.card.controls[kind].partition("#")[0]
        if place not in self._controls:
            self._controls[place] = _settled(self.family.load_control(self.card, place, self.dtype), self.device)
        return self._controls[place]

    def steered_by(self, kinds: tuple[str, ...]) -> Steered:
        """What these kinds of control need: nothing, ControlNets or one Union model."""
        if not kinds:
            return ""
        return "union" if all("#" in self.card.controls[kind] for kind in kinds) else "controlnet"

    def pipeline(self, way: Way = "words", kinds: tuple[str, ...] = (), scheduler: str | None = None) -> Any:
        """The diffusers pipeline around the shared components, with the ControlNets of these kinds; nothing is copied.

        The same object at every call for the same way and kinds. With a scheduler of that name (one that the card
        lists), made anew, since it holds the state of one run.
        """
        if (way, kinds) not in self._pipelines:
            self._pipelines[way, kinds] = self._made_pipeline(way, kinds)
        pipe = self._pipelines[way, kinds]
        if scheduler is not None:
            pipe.scheduler = scheduler_named(scheduler, self.components["scheduler"])
        return pipe

    @cached_property
    def latent_to_rgb(self) -> LatentToRgb:
        """The model's cheap preview."""
        return LatentToRgb(self.components["vae"])

    @cached_property
    def adapters(self) -> Adapters:
        """The LoRAs and the IP-Adapter on this model."""
        return Adapters(self.card, self.family, self.pipeline())

    def _made_pipeline(self, way: Way, kinds: tuple[str, ...]) -> Any:
        steered = self.steered_by(kinds)
        nets = list(dict.fromkeys(self.control(kind) for kind in kinds) if steered == "union" else map(self.control, kinds))
        extra = {"controlnet": nets[0] if len(nets) == 1 else nets} if nets else {}
        pipe = self.family.pipelines[way, steered](**self.components, **extra)
        pipe.set_progress_bar_config(disable=True)
        return pipe


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
