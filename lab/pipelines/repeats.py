"""What every step of a drawing would work out again though nothing of it changes: here it is worked out once.

That is the keys and values of the words in each cross-attention, and what a ControlNet makes of its picture. The same
layer gives the same bits for the very same tensor, so that pictures stay those of diffusers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any
from weakref import WeakKeyDictionary

import torch

from lab.pipelines.standing_in import standing_in

_REMEMBERED = 8
"""Tensors that one layer is asked about in one step: one for each control picture that shares a ControlNet."""
_FOUND: WeakKeyDictionary[torch.nn.Module, tuple[list[Any], ...]] = WeakKeyDictionary()
"""The cross-attentions and the control embeddings of a network: a walk over all of it may take longer than they save.

Parts of the network alone, never itself, which would keep it in memory.
"""


def once(*networks: Any) -> AbstractContextManager[None]:
    """While this lasts, those layers of the networks answer the same tensor only once."""
    layers = [layer for network in networks for layer in _repeating(network)]
    return standing_in(layers, lambda _, forward: _Remembering(forward))


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
    if not isinstance(network, torch.nn.Module):
        return
    if network not in _FOUND:
        modules = list(network.modules())
        _FOUND[network] = tuple(
            [part for module in modules if (part := getattr(module, name, None)) is not None]
            for name in ("attn2", "controlnet_cond_embedding")
        )
    attentions, hints = _FOUND[network]
    for attention in attentions:
        yield from (attention.to_k, attention.to_v)
    yield from hints
