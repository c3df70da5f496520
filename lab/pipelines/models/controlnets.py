"""The ControlNets of one model in memory: read as they are asked for, and again when they were trained again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from lab.core.catalogue import ModelCard
from lab.core.reporter import Reporter
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.memory.part import Part
from lab.pipelines.memory.weights_in_use import bring, free, weights_of
from lab.pipelines.models.on_device import on_device, parameter_bytes
from lab.pipelines.weights.load import control_bytes, read_control
from lab.pipelines.weights.locate import control_identity, find_control


class ControlNets:
    """One for each place; a place may serve several kinds. Knows no pipeline.

    Args:
        card: of the model.
        device: where they work.
        dtype: the numbers they count in.
        memory: counts them, and lets them go.
        on_drop: told of a network that is let go.
    """

    def __init__(
        self,
        card: ModelCard,
        device: torch.device,
        dtype: torch.dtype,
        memory: MemoryBudget,
        on_drop: Callable[[torch.nn.Module], None],
    ) -> None:
        self.nets: dict[str, torch.nn.Module] = {}
        self._card = card
        self._device = device
        self._dtype = dtype
        self._memory = memory
        self._on_drop = on_drop
        self._read_as: dict[str, str] = {}

    def ready(self, kinds: tuple[str, ...], reporter: Reporter) -> None:
        """Have the ControlNets of these kinds in memory; reads those that are not.

        Raises:
            MissingWeights: when one is not on this machine and cannot be fetched.
            OutOfMemory: when there is no room for it.
        """
        card = self._card
        for place, kind in {self._place(kind): kind for kind in kinds}.items():
            identity = control_identity(card, kind)
            if place in self.nets and self._read_as[place] != identity:  # it was trained again
                self._memory.drop(card.name, _part_name(place))
            if place not in self.nets:
                self._read_as[place] = identity
                path = find_control(card, place, reporter)
                weight = control_bytes(path, self._dtype, card.variant)
                self._memory.make_room(weight, f"the ControlNet {place} of {card.name}")
                self._read(place, path, reporter)
            self._memory.use(card.name, _part_name(place))

    def of(self, kinds: tuple[str, ...]) -> list[torch.nn.Module]:
        """Those of these kinds, which must be `ready`; one for each kind."""
        return [self.nets[self._place(kind)] for kind in kinds]

    def _place(self, kind: str) -> str:
        return self._card.controls[kind].repo

    def _read(self, place: str, path: Path, reporter: Reporter) -> None:
        net = read_control(self._card, place, path, self._dtype, reporter)
        reporter.check()
        net = self.nets[place] = on_device(net, self._device)
        own = weights_of(net)  # known now: Z-Image's pipeline lends its ControlNet layers of the model

        def drop() -> None:
            del self.nets[place]
            self._on_drop(net)
            free(own)

        model, name = self._card.name, _part_name(place)
        self._memory.hold(Part(model, name, {name: parameter_bytes(net)}, drop, str(self._device), partial(bring, own)))


def _part_name(place: str) -> str:
    return f"ControlNet {place.rpartition('/')[2]}"
