"""What every step of a drawing would work out again though nothing of it changes: here it is worked out once.

That is the keys and values of the words in each cross-attention, and what a ControlNet makes of its picture. The same
layer gives the same bits for the very same tensor, so that pictures stay those of diffusers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import torch

from lab.pipelines.speedups.hooks import found_once, standing_in

_REMEMBERED = 8
"""Tensors that one layer is asked about in one step: one for each control picture that shares a ControlNet, or one for
the prompt and for each region."""


def once(*networks: Any) -> AbstractContextManager[None]:
    """While this lasts, those layers of the networks answer the same tensor only once."""
    layers = [layer for network in networks for layer in _repeating(network)]
    return standing_in("invariant cache", layers, lambda _, forward: _Remembering(forward))


class _Remembering:
    """A layer's forward that knows what it answered."""

    def __init__(self, forward: Any) -> None:
        self._forward = forward
        self._known: deque[tuple[torch.Tensor, torch.Tensor]] = deque(maxlen=_REMEMBERED)

    def __call__(self, given: torch.Tensor) -> torch.Tensor:
        for asked, answer in self._known:
            if asked is given:
                return answer
        answer = self._forward(given)
        self._known.append((given, answer))
        return answer


def _repeating(network: Any) -> Iterator[torch.nn.Module]:
    """The layers as they are now: a LoRA puts others in the place of those of an attention."""
    for attention in cross_attentions(network):
        yield from (attention.to_k, attention.to_v)
    yield from _control_embeddings(network)


@found_once
def cross_attentions(network: torch.nn.Module) -> tuple[Any, ...]:
    """The layers of a U-Net, or of a ControlNet, that hear the words."""
    return _called(network, "attn2")


@found_once
def _control_embeddings(network: torch.nn.Module) -> tuple[Any, ...]:
    return _called(network, "controlnet_cond_embedding")


def _called(network: torch.nn.Module, name: str) -> tuple[Any, ...]:
    """The parts that modules of a network call so."""
    return tuple(part for module in network.modules() if (part := getattr(module, name, None)) is not None)
