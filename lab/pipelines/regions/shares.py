"""What regions are to a denoiser: their words, and how much each text counts where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import torch
from torch.nn.functional import adaptive_avg_pool2d

from lab.core.picture import Mask
from lab.core.recipe import Recipe
from lab.pipelines.families import Embeddings

_T = TypeVar("_T")
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


def counting_texts(
    prompt: _T, said: Sequence[_T], regions: Sequence[RegionWords], tokens: tuple[int, int]
) -> tuple[list[_T], torch.Tensor]:
    """The texts that count anywhere, and how much each counts at each token, texts x tokens.

    Args:
        prompt: what the whole picture is told.
        said: what each region is told.
        regions: in order.
        tokens: height and width of the picture in tokens.
    """
    shares = shares_of([one.mask for one in regions], tokens).flatten(1)
    counts = [index for index, share in enumerate(shares) if bool(share.any())]
    texts = [prompt, *said]
    return [texts[index] for index in counts], shares[counts]


def logits_between(texts: Sequence[slice], drawn: slice, shares: torch.Tensor, places: int) -> torch.Tensor:
    """What is added to the logits of an attention over texts and picture in one row, places x places.

    Texts hear nothing of each other; the picture hears all of itself. A text counts for a token as much as its share
    there: the logarithm is added, so that halves of two texts are as much as one whole.

    Args:
        texts: where each lies in the row.
        drawn: where the tokens of the picture lie, one for each of the shares; what lies elsewhere hears everything.
        shares: texts x tokens.
        places: length of the row.
    """
    bias = torch.zeros(places, places)
    for own in texts:
        for other in texts:
            bias[own, other] = 0 if own == other else -torch.inf
    for own, share in zip(texts, shares, strict=True):
        bias[drawn, own] = share.log()[:, None]
        bias[own, drawn] = share.log()[None]
    return bias
