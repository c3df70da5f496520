"""The samplers of a model by the names of the field, with the steps that are usual."""

from __future__ import annotations

from typing import NamedTuple

from lab.core.catalogue import ModelCard
from lab.core.model_card import SAMPLERS

_FEW = 20
"""A model whose own number of steps is below this was made to need few, and then needs that many with any sampler."""


class SamplerChoice(NamedTuple):
    """One sampler.

    Args:
        name: what recipes call it, as `scheduler`.
        title: what people call it.
        steps: the fewest and the most that are usual with this model.
    """

    name: str
    title: str
    steps: tuple[int, int]


def samplers_of(card: ModelCard) -> tuple[SamplerChoice, ...]:
    """The samplers that work with a model, its own first."""
    names = sorted(card.schedulers, key=lambda name: name != card.scheduler)
    own = min(card.live_steps, card.steps), card.steps
    return tuple(
        SamplerChoice(name, SAMPLERS[name].title, own if card.steps < _FEW else SAMPLERS[name].steps) for name in names
    )
