"""What a family of models declares: how its parts are read, and which diffusers classes and calls serve it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from lab.core.catalogue import ModelCard
from lab.core.recipe import Recipe

Embeddings = dict[str, torch.Tensor | None]
"""Arguments of a diffusers call that stand for the words."""


@dataclass(frozen=True)
class Family:
    """One file of this folder.

    Args:
        name: as the catalogue calls it.
        plain: the diffusers pipeline class for words alone.
        controlled: the diffusers pipeline class for words and ControlNets.
        load: reads the components of a model, as the keyword arguments of its pipeline class.
        load_control: reads the ControlNet of one kind.
        embed: the words of a recipe as arguments of the diffusers call; the negative ones None without guidance.
        decode: latents to a batch of pictures in -1..1, by the arithmetic at the end of diffusers' own call.
    """

    name: str
    plain: type
    controlled: type
    load: Callable[[ModelCard, torch.dtype], dict[str, Any]]
    load_control: Callable[[ModelCard, str, torch.dtype], torch.nn.Module]
    embed: Callable[[Any, Recipe, bool], Embeddings]
    decode: Callable[[Any, torch.Tensor], torch.Tensor]
