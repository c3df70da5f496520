"""Parts of a picture with words of their own: what they are, and how much each counts where. See `heard_in_unets`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch.nn.functional import adaptive_avg_pool2d

from lab.core.picture import Mask
from lab.core.recipe import Recipe
from lab.pipelines.families import Embeddings

_POOLED = "pooled_prompt_embeds"
_NOTHING = 1 / 512
"""Half a level of a mask: the prompt does not count where less is left for it."""


class RegionWords(NamedTuple):
    """The words of a region as arguments of the diffusers call, and where they count, at the size of the picture."""

    words: Embeddings
    mask: Mask


def named_regions(recipe: Recipe, masks: Sequence[Mask]) -> tuple[Any, ...]:
    """All about the regions of a recipe that can change a drawing, as values whose `repr` says it all; often nothing.

    Args:
        recipe: whose regions they are.
        masks: one for each, as they are laid over the picture.
    """
    if not masks:
        return ()
    return recipe.words, [one.prompt for one in recipe.regions], [mask.hash for mask in masks]


def with_pooled(words: Embeddings, regions: Sequence[RegionWords]) -> Embeddings:
    """The words of the whole picture; what is pooled of them is that of each region, as much as its share of the area.

    A U-Net hears what is pooled for the whole picture at once.
    """
    if not regions or _POOLED not in words:
        return words
    beside, *shares = shares_of([one.mask for one in regions], (1, 1)).flatten(1).mean(1).tolist()
    parts = [words[_POOLED] * beside, *(one.words[_POOLED] * share for one, share in zip(regions, shares, strict=True))]
    return {**words, _POOLED: sum(parts[1:], parts[0])}


def shares_of(masks: Sequence[Mask], shape: tuple[int, int]) -> torch.Tensor:
    """How much the prompt and each region count at each place, regions + 1 x height x width, adding up to 1."""
    levels = [torch.from_numpy(mask.pixels.copy()).float()[None] / 255 for mask in masks]
    shares = torch.cat([adaptive_avg_pool2d(one, shape) for one in levels])
    shares = shares / shares.sum(0, keepdim=True).clamp(min=1)
    beside = 1 - shares.sum(0, keepdim=True)
    return torch.cat([torch.where(beside < _NOTHING, 0, beside), shares])
