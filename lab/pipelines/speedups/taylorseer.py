"""TaylorSeer: what most layers of a denoiser say in two of three steps is foretold from what they said before.

For that it keeps what they said, for a large picture as much as a model of its own weighs; the memory's budget counts
that. Of diffusers' caches this one can be told which layers to work on, so that it serves UNets and Z-Image alike; the
first-block cache of 0.42 knows neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from diffusers import CacheMixin
from diffusers.hooks import HookRegistry

from lab.core.errors import OutOfMemory
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.memory.part import Part
from lab.pipelines.speedups.hooks import REGISTRY, take_off

KEPT = "kept by TaylorSeer"
"""What the memory's report calls it."""
_LAYERS = (
    r".*\.(attn1|attn2|ff|resnets\.\d+)", r"layers\.\d+\.(attention|feed_forward)", r".*\.(img_mlp|txt_mlp)",
)  # fmt: skip
"""What is foretold instead of run: the layers of a UNet, those of Z-Image, and of Qwen's what is no attention."""
_EXACT_STEPS, _EVERY = 3, 3
"""The first steps settle the composition and all run; of those that follow, each third."""


def check() -> None:
    """Raises whatever Python does when diffusers has changed what this stands on."""
    from diffusers.hooks import taylorseer_cache as found

    _config()
    _ = found.apply_taylorseer_cache, found._TAYLORSEER_CACHE_HOOK, CacheMixin.cache_context  # noqa: SLF001
    kind: Any = found.TaylorSeerState
    _ = found.StateManager(kind)._state_cache, kind().taylor_factors  # noqa: SLF001


@contextmanager
def foretelling(backbone: torch.nn.Module, memory: MemoryBudget, owner: str) -> Iterator[None]:
    """While this lasts, a denoiser's layers are foretold, for one drawing.

    Args:
        backbone: the denoiser.
        memory: counts what is kept, as a part at work.
        owner: the model that the denoiser belongs to, as the memory knows it.

    Raises:
        MemoryError: after the first step, when there is no room for what is kept.
    """
    from diffusers.hooks import taylorseer_cache

    try:
        taylorseer_cache.apply_taylorseer_cache(backbone, _config())
        HookRegistry.check_if_exists_or_initialize(backbone).invalidate_child_registries_cache()
        with (
            CacheMixin.cache_context(cast("CacheMixin", backbone), "a drawing"),
            _counted(backbone, memory, owner),
        ):
            yield
    finally:
        for module in backbone.modules():
            if REGISTRY in vars(module):
                take_off(module, taylorseer_cache._TAYLORSEER_CACHE_HOOK)  # noqa: SLF001 - it has no other name
        memory.drop(owner, KEPT)  # behind that, since only now it is gone


def kept_bytes(backbone: torch.nn.Module) -> tuple[int, int]:
    """What is kept of a denoiser's layers now, and what that will be once each order of it is there."""
    return _bytes_of(_hooks_on(backbone))


def _hooks_on(backbone: torch.nn.Module) -> list[Any]:
    from diffusers.hooks import taylorseer_cache

    registries = [vars(module)[REGISTRY] for module in backbone.modules() if REGISTRY in vars(module)]
    hooks = [registry.get_hook(taylorseer_cache._TAYLORSEER_CACHE_HOOK) for registry in registries]  # noqa: SLF001
    return [hook for hook in hooks if hook is not None]


def _bytes_of(hooks: list[Any]) -> tuple[int, int]:
    # a state for each that a pipeline draws beside the others, as with guidance; of each output an entry for each order
    states = [state for hook in hooks for state in hook.state_manager._state_cache.values()]  # noqa: SLF001
    outputs = [orders for state in states for orders in state.taylor_factors.values()]
    there = sum(factor.nbytes for orders in outputs for factor in orders.values())
    return there, sum(orders[0].nbytes for orders in outputs) * (1 + _config().max_order)


@contextmanager
def _counted(backbone: torch.nn.Module, memory: MemoryBudget, owner: str) -> Iterator[None]:
    """Count what is kept from the end of the first step on, as much as it will be from the second on."""
    hooks, counted = _hooks_on(backbone), 0

    def hold(count: int) -> None:
        memory.hold(Part(owner, KEPT, {KEPT: count}, lambda: None, str(memory.device)))

    def count(*_: Any) -> None:
        nonlocal counted
        there, whole = _bytes_of(hooks)
        if whole <= counted:
            return
        hold(there)  # a device that is measured has less room by that much already
        try:
            memory.make_room(whole - there, f"what TaylorSeer keeps of {owner}")
        except OutOfMemory as error:
            raise MemoryError(str(error)) from error  # as if the device had said so: then something can be done
        hold(whole)
        counted = whole

    counting = backbone.register_forward_hook(count)
    try:
        yield
    finally:
        counting.remove()


def _config() -> Any:
    from diffusers.hooks.taylorseer_cache import TaylorSeerCacheConfig

    return TaylorSeerCacheConfig(
        cache_interval=_EVERY, disable_cache_before_step=_EXACT_STEPS, cache_identifiers=list(_LAYERS)
    )
