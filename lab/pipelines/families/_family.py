"""What a family of models declares: how its parts are loaded, and which diffusers pipeline serves which job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from lab.core.catalogue import ModelCard


@dataclass(frozen=True)
class Family:
    """One file of this folder.

    Args:
        name: as the catalogue calls it.
        plain: the diffusers pipeline class for words alone.
        controlled: the diffusers pipeline class for words and ControlNets.
        load: reads the components of a model, as the keyword arguments of its pipeline class.
        load_control: reads the ControlNet of one kind.
        schedulers: diffusers scheduler by its usual name, with the settings it needs.
    """

    name: str
    plain: type
    controlled: type
    load: Callable[[ModelCard, torch.dtype], dict[str, Any]]
    load_control: Callable[[ModelCard, str, torch.dtype], torch.nn.Module]
    schedulers: dict[str, Callable[[Any], Any]]
