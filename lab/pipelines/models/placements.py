"""How a model can lie on a device, from all of it exact to layer by layer, and what each way takes. Moves nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import torch

from lab.pipelines.families import Family
from lab.pipelines.models.eight_bits import hold_in_eight_bits
from lab.pipelines.models.on_device import parameter_bytes
from lab.pipelines.models.streaming import layers_of

Bits = Literal["exact", "8bit", "4bit"]
Role = Literal["words", "denoiser", ""]
"""What a part of a model does: reads words, denoises, or something else."""


class Placement(NamedTuple):
    """One way.

    Args:
        bits: in which the weights of the two large parts are held.
        streamed: the parts whose layers rest in the machine's memory, and come to the device one at a time.
        said: the way, for a person.
    """

    bits: Bits
    streamed: frozenset[Role]
    said: str


_WORDS, _ALL = frozenset[Role]({"words"}), frozenset[Role]({"words", "denoiser"})
WHOLE = Placement("exact", frozenset(), "all of it is there")
WORDS_STREAMED = Placement("exact", _WORDS, "layers that read words are streamed")
WHOLE_IN_8_BITS = Placement("8bit", frozenset(), "in 8 bits")
WORDS_STREAMED_IN_8_BITS = Placement("8bit", _WORDS, "in 8 bits")
STREAMED = Placement("exact", _ALL, "all layers are streamed")
WHOLE_IN_4_BITS = Placement("4bit", frozenset(), "in 4 bits")
WORDS_STREAMED_IN_4_BITS = Placement("4bit", _WORDS, "layers that read words are streamed")
PLACEMENTS = (WHOLE, WORDS_STREAMED, WHOLE_IN_8_BITS, WORDS_STREAMED_IN_8_BITS, STREAMED)
"""In the order in which they are tried."""
_ASKED_FOR = (WHOLE_IN_4_BITS, WORDS_STREAMED_IN_4_BITS)
"""Those that are never chosen for anybody."""


def placements_for(precision: str, device: torch.device) -> tuple[Placement, ...]:
    """Those that a precision allows on a device, in order: nothing is streamed to one whose memory is the machine's."""
    asked_for = PLACEMENTS if precision == "auto" else (*PLACEMENTS, *_ASKED_FOR)
    return tuple(
        one
        for one in asked_for
        if precision in ("auto", one.bits)
        and (device.type == "cuda" or not one.streamed)
        and (device.type != "mps" or one.bits != "8bit")  # torch has no float8 there
    )


def role_of(part: str, family: Family) -> Role:
    """What a part of that name does."""
    if part == family.backbone:
        return "denoiser"
    return "words" if part.startswith("text_encoder") else ""


class PartSize(NamedTuple):
    """The bytes of one part: of all of it, of its layers, and of the largest of those and of what words are read by."""

    role: Role
    whole: int
    layers: int
    largest_layer: int
    largest_table: int


Sizes = Mapping[Bits, Mapping[str, PartSize]]
"""Of each part of a model, exact and in 8 bits; in 4 where a file has them."""


def sizes_of(parts: Mapping[str, torch.nn.Module], family: Family) -> Sizes:
    """The sizes of networks on the meta device; they are in 8 bits afterwards."""
    exact = {name: size_of(name, part, family) for name, part in parts.items()}
    for name, part in parts.items():
        hold_in_eight_bits(part, role_of(name, family), family.rows)
    return {"exact": exact, "8bit": {name: size_of(name, part, family) for name, part in parts.items()}}


def size_of(name: str, part: torch.nn.Module, family: Family) -> PartSize:
    """The size of one part as it is now."""
    role = role_of(name, family)
    if not role:
        return PartSize(role, parameter_bytes(part), 0, 0, 0)
    layers = [one.layer for one in layers_of(part, role, family.rows)]
    tables = [parameter_bytes(one) for one in layers if not list(one.children())]
    rows = [parameter_bytes(one) for one in layers if list(one.children())]
    streamed = parameter_bytes(torch.nn.ModuleList(layers))
    return PartSize(role, parameter_bytes(part), streamed, max(rows, default=0), max(tables, default=0))


def device_bytes(sizes: Sizes, placement: Placement, spare_bytes: int = 0) -> int:
    """What a placement takes on the device, with the largest layer that comes and goes.

    Args:
        sizes: of the model's parts.
        placement: the way.
        spare_bytes: of the room for work, what a table of words may take: it is there while they are read, when nothing
            else is at work.
    """
    parts = sizes[placement.bits].values()
    streamed = [part for part in parts if part.role in placement.streamed]
    stays = sum(part.whole for part in parts) - sum(part.layers for part in streamed)
    comes = [max(part.largest_layer, part.largest_table - spare_bytes) for part in streamed]
    return stays + max(comes, default=0)
