"""Weights held in 8 bits, by diffusers' layerwise casting: each layer counts in the dtype of before. Knows no model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import ModelMixin
from diffusers.hooks import apply_layerwise_casting

from lab.pipelines.models.streaming import layers_of
from lab.pipelines.speedups.hooks import REGISTRY

_HELD_AS = torch.float8_e4m3fn
_HOOK = "layerwise_casting"
"""As diffusers' registry lists it."""


def hold_in_eight_bits(network: torch.nn.Module, role: str, rows: Sequence[str]) -> None:
    """Hold a network's weights in 8 bits from now on: a denoiser's, and of one that reads words those of its layers.

    Not the sensitive ones, as diffusers has them, nor any of a network that does something else. There is no way back.
    """
    if role == "denoiser" and isinstance(network, ModelMixin):
        network.enable_layerwise_casting(_HELD_AS, network.dtype)
    elif role == "words":
        counts_in = next(weight.dtype for weight in network.parameters() if weight.is_floating_point())
        for one in layers_of(network, role, rows):
            if list(one.layer.children()):  # a table of words says the dtype of what comes out
                apply_layerwise_casting(one.layer, _HELD_AS, counts_in)


@contextmanager
def as_counted(network: torch.nn.Module) -> Iterator[None]:
    """While this lasts, weights in 8 bits look like those that layers count with, and have no values.

    For those who put something on a layer in the dtype of its weights, as LoRAs are.
    """
    held = []
    for layer in network.modules():
        hook: Any = vars(layer)[REGISTRY].get_hook(_HOOK) if REGISTRY in vars(layer) else None
        if hook is not None:
            own = layer.named_parameters(recurse=False)
            held += [(layer, name, weight, hook.compute_dtype) for name, weight in own]
    for layer, name, weight, dtype in held:
        seen = torch.empty((), dtype=dtype, device=weight.device).expand(weight.shape)
        layer._parameters[name] = torch.nn.Parameter(seen, requires_grad=False)  # noqa: SLF001
    try:
        yield
    finally:
        for layer, name, weight, _ in held:
            layer._parameters[name] = weight  # noqa: SLF001
