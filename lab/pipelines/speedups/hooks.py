"""Finds layers of a network, and lets something else answer for them, or a method, for a while; knows no model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

import torch
from diffusers.hooks import HookRegistry, ModelHook

REGISTRY = "_diffusers_hook"
"""Where a layer carries its registry of hooks."""
Forward: TypeAlias = Callable[..., Any]
_L = TypeVar("_L", bound=torch.nn.Module)


def found_once(find: Callable[[torch.nn.Module], tuple[_L, ...]]) -> Callable[[Any], tuple[_L, ...]]:
    """What `find` finds in a network, which is looked for once: a walk over a large one takes a millisecond.

    In what is no network there is nothing. The network itself must not be found: it would keep itself in memory.
    """
    known: WeakKeyDictionary[torch.nn.Module, tuple[_L, ...]] = WeakKeyDictionary()

    @wraps(find)
    def found(network: Any) -> tuple[_L, ...]:
        if not isinstance(network, torch.nn.Module):
            return ()
        if network not in known:
            known[network] = find(network)
        return known[network]

    return found


@contextmanager
def standing_in(name: str, layers: Iterable[_L], make: Callable[[_L, Forward], Forward]) -> Iterator[None]:
    """While this lasts, what `make` gives for a layer and its forward answers in that one's place.

    Args:
        name: of the hook, as diffusers' registry lists it; each layer carries one of a name at a time.
        layers: those of any networks; one that two of them share is hooked once.
        make: is given a layer and what answered so far.
    """
    hooked = [(layer, "forward" in vars(layer), _hook(name, layer, make)) for layer in dict.fromkeys(layers)]
    try:
        yield
    finally:
        for layer, had_own, answer in hooked:
            _unhook(name, layer, answer, had_own=had_own)


@contextmanager
def in_place_of(owner: Any, name: str, make: Callable[[Forward], Forward]) -> Iterator[None]:
    """While this lasts, an object's method of that name is what `make` gives for its own."""
    own = vars(owner).get(name)
    setattr(owner, name, make(getattr(owner, name)))
    try:
        yield
    finally:
        delattr(owner, name)
        if own is not None:
            setattr(owner, name, own)


class _StandIn(ModelHook):
    """A hook of diffusers that answers instead of a layer."""

    answer: Forward

    def new_forward(self, _: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
        return self.answer(*args, **kwargs)


def _hook(name: str, layer: _L, make: Callable[[_L, Forward], Forward]) -> Forward:
    """What answers for a layer once the hook is on it."""
    hook = _StandIn()
    hook.answer = make(layer, layer.forward)
    HookRegistry.check_if_exists_or_initialize(layer).register_hook(hook, name)
    return layer.forward


def _unhook(name: str, layer: torch.nn.Module, answer: Forward, *, had_own: bool) -> None:
    """Leave a layer as it was before; a pipeline that offloads may have done so by itself."""
    is_ours = vars(layer).get("forward") is answer
    before = layer.forward
    take_off(layer, name)
    if not is_ours:
        layer.forward = before
    elif not had_own:
        del vars(layer)["forward"]  # the class's own again, and not one that refers to the layer in a circle


def take_off(layer: torch.nn.Module, name: str) -> None:
    """Remove a hook from a layer that carries hooks, and with the last one all traces of the registry."""
    registry = HookRegistry.check_if_exists_or_initialize(layer)
    registry.remove_hook(name, recurse=False)
    if not registry.hooks:
        delattr(layer, REGISTRY)
