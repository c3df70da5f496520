"""Layers of a network that rest in the machine's memory, and come to the device one at a time. Knows no model.

By diffusers' group offloading, on rows of layers alone: what a network holds beside them is used without being called,
such as the statistics of klein's latents, and stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from diffusers.hooks import apply_group_offloading

from lab.pipelines.memory.device import parking_bytes
from lab.pipelines.memory.weights_in_use import parameters_of
from lab.pipelines.speedups.hooks import REGISTRY, take_off

_HOOK = "group_offloading"
"""As diffusers' registry lists it."""
_TEXT_ROWS = ("layers",)
"""How transformers' text encoders call theirs."""
_TEXT_HEAD = "lm_head"
_RAM = torch.device("cpu")


class Layer(NamedTuple):
    """A layer where it is in its network."""

    parent: torch.nn.Module
    name: str
    layer: torch.nn.Module


def layers_of(network: torch.nn.Module, role: str, rows: Sequence[str]) -> list[Layer]:
    """The layers of a network that can be streamed: those in rows of these names; where it reads words, its own.

    Of one that reads words the tables too that they are looked up in, and the head that guesses the next one.
    """
    reads = role == "words"
    found = []
    for path, part in network.named_modules():
        is_row = isinstance(part, torch.nn.ModuleList) and path.rpartition(".")[2] in (_TEXT_ROWS if reads else rows)
        for name, child in part.named_children():
            if is_row or (reads and (isinstance(child, torch.nn.Embedding) or name == _TEXT_HEAD)):
                found.append(Layer(part, name, child))
    return found


@contextmanager
def set_aside(layers: Sequence[Layer]) -> Iterator[None]:
    """While this lasts, the layers are not in their network, which can be moved without them."""
    for one in layers:
        one.parent._modules[one.name] = None  # noqa: SLF001 - torch's own way to keep a place
    try:
        yield
    finally:
        for one in layers:
            one.parent._modules[one.name] = one.layer  # noqa: SLF001


class Streaming:
    """Streams layers to a device from now on, until it is ended. One thread works with it."""

    def __init__(self, layers: Sequence[Layer], device: torch.device) -> None:
        self._layers = [one.layer for one in layers]
        row = torch.nn.Module()
        row.layers = torch.nn.ModuleList(self._layers)
        is_real = device.type == "cuda" and torch.cuda.is_available()
        weight = sum(one.nbytes for one in parameters_of(row))
        apply_group_offloading(
            row,
            onload_device=device,
            offload_device=_RAM,
            offload_type="block_level",
            num_blocks_per_group=1,
            use_stream=is_real,
            # pinned for good where there is room for that, since torch pins in powers of two
            low_cpu_mem_usage=is_real and weight > parking_bytes(device),
        )
        self._groups = [_group_of(one) for one in self._layers]
        for group in self._groups:
            # diffusers waits for a stream only where another layer is fetched ahead, which it does within one network
            group.non_blocking = False
            for weight_there in group.cpu_param_dict:  # one copy of what two layers share
                group.cpu_param_dict[weight_there] = weight_there.data

    def settle(self) -> None:
        """Have every layer rest, also the one at whose work a job was stopped."""
        for layer, group in zip(self._layers, self._groups, strict=True):
            if any(weight.device != _RAM for weight in parameters_of(layer)):
                group.offload_()

    def end(self) -> None:
        """Stream no more; the layers stay where they rest."""
        self.settle()
        for layer in self._layers:
            take_off(layer, _HOOK)
            if REGISTRY not in vars(layer):
                vars(layer).pop("forward", None)  # the class's own again


def _group_of(layer: torch.nn.Module) -> Any:
    return vars(layer)[REGISTRY].get_hook(_HOOK).group
