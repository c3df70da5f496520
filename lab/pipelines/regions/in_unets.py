"""Regions on U-Nets: each cross-attention answers for the words of every region.

The answers are blended by the masks, at the size at which the pixels lie in that layer. Self-attention sees the whole
picture, so that the parts belong together. Users know this as "attention couple" or "regional prompts".
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch

from lab.pipelines.regions.shares import RegionWords, shares_of
from lab.pipelines.speedups.hooks import standing_in
from lab.pipelines.speedups.invariant_cache import cross_attentions

_MOST_HALVINGS = 8


def heard_in_unets(
    networks: Sequence[Any], regions: Sequence[RegionWords], latents: tuple[int, int], *, guided: bool
) -> AbstractContextManager[None]:
    """While this lasts, the cross-attentions of the networks hear the words of the regions where these are.

    Args:
        networks: U-Nets and ControlNets; None is passed over.
        regions: in order; where they overlap, each counts as much as its part of all masks there.
        latents: height and width of the latents.
        guided: whether the first half of a batch is for the negative prompt, which is everywhere the same.
    """
    layers = [layer for network in networks for layer in cross_attentions(network)]
    heard = _Heard(regions, latents, guided=guided)
    return standing_in("regions", layers, lambda _, forward: _Attention(forward, heard))


class _Attention:
    """A cross-attention's forward that answers for every region."""

    def __init__(self, forward: Any, heard: _Heard) -> None:
        self._forward, self._heard = forward, heard

    def __call__(self, pixels: torch.Tensor, encoder_hidden_states: Any = None, **kwargs: Any) -> torch.Tensor:
        """Args: `pixels`, batch x places x width; the words, or a tuple of them and of what references lend."""
        heard, batch = self._heard, len(pixels)
        said, *lent = encoder_hidden_states if isinstance(encoder_hidden_states, tuple) else (encoder_hidden_states,)
        shares = heard.shares(pixels)
        answer = self._forward(pixels, encoder_hidden_states=encoder_hidden_states, **kwargs)
        first = batch // 2 if heard.guided else 0
        mixed = answer[first:] * shares[0]
        for words, share in zip(heard.words(batch, said), shares[1:], strict=True):
            given = (words, *lent) if lent else words
            mixed = mixed + self._forward(pixels, encoder_hidden_states=given, **kwargs)[first:] * share
        return torch.cat([answer[:first], mixed])


class _Heard:
    """The words of all regions for a batch, and the shares of the places of a layer; each made once."""

    def __init__(self, regions: Sequence[RegionWords], latents: tuple[int, int], *, guided: bool) -> None:
        self.guided = guided
        self._regions, self._latents = regions, latents
        self._words: dict[int, list[torch.Tensor]] = {}
        self._known: dict[int, torch.Tensor] = {}

    def words(self, batch: int, prompt: torch.Tensor) -> list[torch.Tensor]:
        """Batch x pieces x width for each region; the very same tensors each time, which lets their keys be kept."""
        if batch not in self._words:
            said = [one.words["prompt_embeds"].to(prompt.device, prompt.dtype) for one in self._regions]
            self._words[batch] = [one.repeat(batch, 1, 1) for one in said]
        return self._words[batch]

    def shares(self, pixels: torch.Tensor) -> torch.Tensor:
        """How much the prompt and each region count, regions + 1 x places x 1, adding up to 1."""
        places = pixels.shape[1]
        if places not in self._known:
            shape = self._shape(places)
            made = shares_of([one.mask for one in self._regions], shape).reshape(-1, places, 1)
            self._known[places] = made.to(pixels.device, pixels.dtype)
        return self._known[places]

    def _shape(self, places: int) -> tuple[int, int]:
        """Height and width of a layer: the latents', halved as often as it takes, each time rounded up."""
        for halvings in range(_MOST_HALVINGS):
            height, width = (-(-side // 2**halvings) for side in self._latents)
            if height * width == places:
                return height, width
        msg = f"no layer of latents of {self._latents} has {places} places"
        raise AssertionError(msg)
