"""A drawing's first step, which only what comes before it can change: not the guidance scale, and not a soft mask.

What the networks answered at their first call is kept by the content of all that they were given, so that pictures stay
those of diffusers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch.utils import _pytree as tree

from lab.pipelines.memory.stage_cache import Room, StageCache, key_of
from lab.pipelines.speedups.hooks import standing_in

FIRST_STEP = "first step"
_ROOM = Room(4, 64 * 2**20)
"""Two drawings with a ControlNet, since Live draws each picture quickly and well. What a ControlNet answers for SD 1.5
at 512 x 512 in half precision is 26 MiB; SDXL's at 1024 is 102 MiB, and made anew.
"""
_PLAIN = (str, bool, int, float, type(None))


def first_step_kept(
    networks: tuple[Any, ...], about: tuple[Any, ...], cache: StageCache
) -> AbstractContextManager[None]:
    """While this lasts, the first call of each network is answered from the cache, where its answer is known.

    Args:
        networks: those that a step calls, in that order; None is passed over.
        about: everything that can change an answer besides what a network is given, as values whose `repr` says it all.
        cache: keeps the answers.
    """
    given_out = _GivenOut()
    places = {network: place for place, network in enumerate(networks) if isinstance(network, torch.nn.Module)}
    return standing_in(
        FIRST_STEP, places, lambda network, forward: _FirstCall(forward, (*about, places[network]), given_out, cache)
    )


class _FirstCall:
    """A network's forward, whose first call may be answered from the cache."""

    def __init__(
        self, forward: Callable[..., Any], about: tuple[Any, ...], known: _GivenOut, cache: StageCache
    ) -> None:
        self._forward = forward
        self._about = about
        self._known = known
        self._cache = cache
        self._is_past = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._is_past:
            return self._forward(*args, **kwargs)
        self._is_past = True
        given, shape = tree.tree_flatten((args, kwargs))
        if not all(isinstance(one, (torch.Tensor, *_PLAIN)) for one in given):
            return self._forward(*args, **kwargs)
        inputs = (self._about, str(shape), [self._known.name(one) for one in given])
        kept = self._cache.get(FIRST_STEP, inputs, lambda: self._forward(*args, **kwargs), _weigh, room=_ROOM)
        is_kept = _weigh(kept) <= _ROOM.bytes
        answer = tree.tree_map_only(torch.Tensor, torch.clone, kept) if is_kept else kept
        self._known.remember(answer, key_of(FIRST_STEP, inputs))
        return answer


class _GivenOut:
    """Names tensors by their content, and those of the last answer by their place in it: a ControlNet's are large."""

    def __init__(self) -> None:
        self._last: list[Any] = []
        self._name = ""

    def remember(self, answer: Any, name: str) -> None:
        self._last, self._name = tree.tree_leaves(answer), name

    def name(self, value: Any) -> Any:
        """A value whose `repr` says it all."""
        if not isinstance(value, torch.Tensor):
            return value
        for place, known in enumerate(self._last):
            if known is value:
                return self._name, place
        return content_of(value)


def content_of(tensor: torch.Tensor) -> tuple[Any, ...]:
    """The name of a tensor by its shape, type, kind of device and values."""
    values = tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy()
    digest = hashlib.sha256(values.data).hexdigest()
    return tuple(tensor.shape), str(tensor.dtype), tensor.device.type, digest


def _weigh(answer: Any) -> int:
    return sum(leaf.nbytes for leaf in tree.tree_leaves(answer) if isinstance(leaf, torch.Tensor))
