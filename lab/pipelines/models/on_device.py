"""A network where it is to work, and what it weighs."""

from __future__ import annotations

from typing import Any

import torch

from lab.pipelines.memory.weights_in_use import parameters_of


def on_device(part: Any, device: torch.device) -> Any:
    """A part of a model on its device, for use only; what is no network stays as it is.

    In diffusers' own memory order: another one (channels last) changes the last bits of a picture.
    """
    if not isinstance(part, torch.nn.Module):
        return part
    parameters = parameters_of(part)  # once: each walk over a network costs a hundredth of a small one's picture
    for parameter in parameters:
        parameter.requires_grad = False
    if any(parameter.device != device for parameter in parameters):
        part = part.to(device)
    return part.eval() if part.training else part


def parameter_bytes(module: torch.nn.Module) -> int:
    """The bytes of all parameters, shared ones once."""
    return sum(weight.nbytes for weight in parameters_of(module))
