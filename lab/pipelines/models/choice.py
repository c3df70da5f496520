"""Which of the ways in which a model can lie fits into the memory that is free, and why that one, in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch

from lab.core.catalogue import ModelCard
from lab.core.errors import BadInput
from lab.core.reporter import Reporter
from lab.pipelines.families import FAMILIES
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.models.placements import (
    STREAMED,
    WHOLE,
    WORDS_STREAMED,
    WORDS_STREAMED_IN_8_BITS,
    Bits,
    PartSize,
    Placement,
    Sizes,
    device_bytes,
    placements_for,
    sizes_of,
)
from lab.pipelines.weights.denoiser_file import GGUF, quantised_bytes
from lab.pipelines.weights.load import model_bytes
from lab.pipelines.weights.locate import find_model
from lab.pipelines.weights.skeleton import skeletons


class Weights(NamedTuple):
    """In which numbers a job's model is held.

    Args:
        identity: what names them in memory and in the cache.
        bits: of the two large parts.
        asked: what the recipe says of it.
        dtype: what all layers count in.
    """

    identity: str
    bits: Bits
    asked: str
    dtype: torch.dtype


class Room(NamedTuple):
    """What is free for a model, and how large it is.

    Args:
        free_bytes: for its weights, if all went that may.
        working_bytes: free for work beside that, on a device whose memory is measured.
        sizes: of the model's parts.
    """

    free_bytes: int
    working_bytes: int
    sizes: Sizes

    def needs(self, placement: Placement) -> int:
        """What a placement takes of it."""
        return device_bytes(self.sizes, placement, self.working_bytes // 2)

    def first_fitting(self, ways: tuple[Placement, ...]) -> Placement:
        """The first of these that fits; the one that takes least where none does, which cannot be had then."""
        fitting = (one for one in ways if self.needs(one) <= self.free_bytes)
        return next(fitting, None) or min(ways, key=self.needs)

    def why(self, placement: Placement, asked: str, ways: tuple[Placement, ...]) -> str:
        """Why a placement was chosen among these ways; empty for the one that was asked for.

        >>> room.why(WORDS_STREAMED_IN_8_BITS, "auto", PLACEMENTS)
        "in 8 bits: 7 GB are free, exact needs 9.5; `precision='exact'` streams all layers"
        """
        if placement == ways[0]:
            return ""
        said = placement.said
        if placement.bits == "exact":
            passed = WORDS_STREAMED_IN_8_BITS if asked == "auto" and placement == STREAMED else WHOLE
            who = "8 bits need" if passed.bits == "8bit" else "all of it needs"
        elif asked == "auto":
            passed, who = (WORDS_STREAMED if WORDS_STREAMED in ways else WHOLE), "exact needs"
        else:
            passed, who, said = ways[0], "all of it needs", WORDS_STREAMED.said
        free, wanted = (_gb(count + self.working_bytes) for count in (self.free_bytes, self.needs(passed)))
        more = "; `precision='exact'` streams all layers" if asked == "auto" and placement.bits != "exact" else ""
        more = more if STREAMED in ways else ""
        return f"{said}: {free} GB are free, {who} {wanted}{more}"


def room_for(card: ModelCard, path: Path, dtype: torch.dtype, memory: MemoryBudget) -> Room:
    """The room for a model, whose networks are looked at without their weights; `path` is what `find_model` gave."""
    family = FAMILIES[card.family]
    parts = skeletons(card, path, dtype, family.text_layers)
    sizes = dict(sizes_of(parts, family))
    if path.suffix == GGUF:
        packed = PartSize("denoiser", quantised_bytes(path, dtype), 0, 0, 0)
        sizes["4bit"] = {**sizes["exact"], family.backbone: packed}
    return Room(memory.most_bytes(card.name), memory.working_bytes, sizes)


def chosen_bits(card: ModelCard, dtype: torch.dtype, memory: MemoryBudget, reporter: Reporter) -> Bits:
    """In which bits a model is held where that is left open: the first way that fits.

    Raises:
        MissingWeights: when the model is not on this machine.
    """
    path = find_model(card, reporter)
    exact = sum(model_bytes(card, path, dtype, FAMILIES[card.family].text_layers).values())
    if exact <= memory.most_bytes(card.name):
        return WHOLE.bits
    return room_for(card, path, dtype, memory).first_fitting(ways_of("auto", memory.device)).bits


def _gb(count: int) -> str:
    """So many bytes in GB, without a zero behind the point."""
    return f"{count / 1e9:.1f}".removesuffix(".0")


def ways_of(asked: str, device: torch.device) -> tuple[Placement, ...]:
    """Those that a precision allows on a device.

    Raises:
        BadInput: when there is none.
    """
    ways = placements_for(asked, device)
    if not ways:
        msg = f"torch has no 8-bit numbers (float8) on {device.type}: use precision='exact'"
        raise BadInput(msg)
    return ways
