"""In which bits each model is held where recipes leave that open; remembered for as long as it is."""

from __future__ import annotations

from typing import cast

import torch

from lab.core.catalogue import ModelCard
from lab.core.reporter import Reporter
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.models.choice import chosen_bits, ways_of
from lab.pipelines.models.loaded_model import LoadedModel
from lab.pipelines.models.placements import Bits


class Choices:
    """Chooses once for as long as a model is in memory: one that changed its bits would be read at every picture."""

    def __init__(self, memory: MemoryBudget) -> None:
        self._memory = memory
        self._made: dict[str, Bits] = {}

    def bits(
        self, card: ModelCard, precision: str, dtype: torch.dtype, here: LoadedModel | None, reporter: Reporter
    ) -> Bits:
        """In which bits a model is held.

        Args:
            card: of the model.
            precision: what the recipe says.
            dtype: what its layers count in.
            here: the model where it is in memory.
            reporter: hears of what must be fetched.

        Raises:
            BadInput: when the device has no such numbers.
            MissingWeights: when that depends on weights which are not on this machine.
        """
        if precision != "auto":
            ways_of(precision, self._memory.device)
            return cast("Bits", precision)
        known = self._made.get(card.name)
        if known is None or here is None or here.is_gone or here.parts.placement.bits != known:
            self._made[card.name] = known = chosen_bits(card, dtype, self._memory, reporter)
        return known
