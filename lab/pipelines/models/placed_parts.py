"""The parts of one model as they lie: on the device, streamed to it, or in the machine's memory. Knows no budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import torch

from lab.pipelines.families import Family
from lab.pipelines.models.eight_bits import as_counted, hold_in_eight_bits
from lab.pipelines.models.on_device import on_device
from lab.pipelines.models.placements import WHOLE, Placement, role_of, size_of
from lab.pipelines.models.streaming import Layer, Streaming, layers_of, set_aside

_RAM = torch.device("cpu")


class Lying(NamedTuple):
    """What a model's parts take, by their names, shared weights once.

    Args:
        there: on the device.
        elsewhere: of layers that rest in the machine's memory.
        largest_layer: of those, the bytes of the one that takes most when it comes.
    """

    there: Mapping[str, int]
    elsewhere: Mapping[str, int]
    largest_layer: int


class PlacedParts:
    """See the head of this file. One thread works with it.

    Args:
        components: of a pipeline, as they were read; each is replaced by what is placed.
        family: says which part denoises, and how its rows of layers are called.
        device: where the model works.
    """

    def __init__(self, components: dict[str, Any], family: Family, device: torch.device) -> None:
        self._components = components
        self._family = family
        self.device = device
        self.placement = WHOLE
        self._in_eight_bits = False
        self._sizes = {name: size_of(name, part, family) for name, part in self._networks.items()}
        self._streams: list[Streaming] = []
        self._open = 0

    def place(self, placement: Placement) -> None:
        """Bring every part to where the placement has it; what is held in 8 bits stays so."""
        self._end_streams()
        if placement.bits == "8bit" and not self._in_eight_bits:
            for name, part in self._networks.items():
                hold_in_eight_bits(part, role_of(name, self._family), self._family.rows)
            self._in_eight_bits = True
            self._sizes = {name: size_of(name, part, self._family) for name, part in self._networks.items()}
        self.placement = placement
        for name, part in self._components.items():
            layers = self._streamed(name, part)
            if not layers:
                self._components[name] = on_device(part, self.device)
                continue
            with set_aside(layers):
                on_device(part, self.device)
            part.requires_grad_(requires_grad=False).eval()
        self._begin_streams()

    def to_ram(self) -> None:
        """Have all of it in the machine's memory, until it is placed again."""
        self._end_streams()
        for part in self._networks.values():
            on_device(part, _RAM)

    def forget(self) -> None:
        """Let go of what streams hold besides; the parts are nobody's any more."""
        self._end_streams()

    def settle(self) -> None:
        """Have every streamed layer rest in the machine's memory, also the one at whose work a job was stopped."""
        for stream in self._streams:
            stream.settle()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """While this lasts, adapters may be put on and taken off: nothing is streamed, and 8 bits look like more."""
        self._open += 1
        try:
            with ExitStack() as seen:
                if self._open == 1:
                    self._end_streams()
                    for part in self._networks.values() if self._in_eight_bits else ():
                        seen.enter_context(as_counted(part))
                yield
        finally:
            self._open -= 1
            if not self._open:
                self._begin_streams()

    @property
    def lying(self) -> Lying:
        """What the parts take, without what adapters put on them."""
        streamed = {name: one for name, one in self._sizes.items() if one.role in self.placement.streamed}
        there = {name: one.whole - (one.layers if name in streamed else 0) for name, one in self._sizes.items()}
        elsewhere = {f"{name}, streamed": one.layers for name, one in streamed.items()}
        return Lying(there, elsewhere, max((one.largest_layer for one in streamed.values()), default=0))

    @property
    def _networks(self) -> dict[str, torch.nn.Module]:
        return {name: part for name, part in self._components.items() if isinstance(part, torch.nn.Module)}

    def _streamed(self, name: str, part: Any) -> list[Layer]:
        role = role_of(name, self._family)
        return layers_of(part, role, self._family.rows) if role in self.placement.streamed else []

    def _begin_streams(self) -> None:
        layers = (self._streamed(name, part) for name, part in self._networks.items())
        self._streams = [Streaming(row, self.device) for row in layers if row]

    def _end_streams(self) -> None:
        for stream in self._streams:
            stream.end()
        self._streams = []
