"""Pictures that are a little like each other: the noise of one seed, turned towards that of another.

By the arithmetic of AUTOMATIC1111's web UI ("Variation strength"): spherical interpolation of each column of a channel.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from lab.core.recipe import Recipe

_SAME = 0.9995
"""Cosine above which both noises are as good as one, and the way between them straight; as there."""

_AWAY = 1 - 1e-6
"""So far from 1 every cosine is kept, since between opposite columns there is no one way."""


def turning(recipe: Recipe) -> tuple[int, float] | None:
    """The seed that the noise is turned towards, and how far; None where it is that of the recipe's own seed."""
    if recipe.variation_seed is None or recipe.variation_strength == 0:
        return None
    return recipe.variation_seed, recipe.variation_strength


def slerp(share: float, noise: torch.Tensor, towards: torch.Tensor) -> torch.Tensor:
    """The noise, turned by a share (0..1) of the way towards another.

    Args:
        share: 0 gives the first to the bit, 1 the second.
        noise: batch x channels x height x width.
        towards: of the same shape.
    """
    first, second = noise.float(), towards.float()
    unit = [torch.nn.functional.normalize(one, dim=-2) for one in (first, second)]
    cosine = (unit[0] * unit[1]).sum(-2, keepdim=True)
    if cosine.mean() > _SAME:
        return (first * (1 - share) + second * share).to(noise.dtype)
    angle = torch.acos(cosine.clamp(-_AWAY, _AWAY))
    whole = torch.sin(angle)
    turned = (torch.sin((1 - share) * angle) / whole) * first + (torch.sin(share * angle) / whole) * second
    return turned.to(noise.dtype)


@contextmanager
def turned(pipe: Any, recipe: Recipe) -> Iterator[None]:
    """While this lasts, a call of the pipeline begins with the noise that the recipe turns; of most it turns none.

    diffusers' pipelines draw their first noise, and nothing else, with a function in the module of their
    `prepare_latents`. What an encoder or a sampler draws is as the recipe's seed has it.
    """
    way = turning(recipe)
    if way is None:
        yield
        return
    seed, share = way
    scope = inspect.unwrap(type(pipe).prepare_latents).__globals__
    draw = scope["randn_tensor"]

    def drawn(shape: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        noise = draw(shape, *args, **kwargs)
        other = torch.Generator("cpu").manual_seed(seed)
        return slerp(share, noise, draw(shape, *args, **{**kwargs, "generator": other}))

    scope["randn_tensor"] = drawn
    try:
        yield
    finally:
        scope["randn_tensor"] = draw
