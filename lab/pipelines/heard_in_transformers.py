"""Regions on FLUX.2's transformer: the words of all stand in a row before the picture, which hears each where it is.

Words of one region and of another hear nothing of each other; tokens of the picture hear all of it, as ever. A text
counts for a token as much as its mask says there: its logarithm is added to the logits, so that halves of two texts
are as much as one whole. Words that are nowhere are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from lab.pipelines.families import Embeddings
from lab.pipelines.regions import RegionWords, shares_of
from lab.pipelines.speedups.hooks import standing_in

_SAID = "prompt_embeds"


def heard_in_transformers(
    networks: Sequence[Any], words: Embeddings, regions: Sequence[RegionWords], tokens: tuple[int, int]
) -> AbstractContextManager[None]:
    """While this lasts, the networks hear the words of the regions where these are.

    Args:
        networks: those of FLUX.2; None is passed over.
        words: those of the whole picture. Other words, such as a negative prompt, are everywhere the same.
        regions: in order.
        tokens: height and width of the picture in tokens.
    """
    if not regions:
        return nullcontext()
    layers = [network for network in networks if isinstance(network, torch.nn.Module)]
    return standing_in("regions", layers, lambda _, forward: _Forward(forward, words[_SAID], regions, tokens))


class _Forward:
    """The network's forward with more words and a mask."""

    def __init__(
        self, forward: Any, prompt: torch.Tensor, regions: Sequence[RegionWords], tokens: tuple[int, int]
    ) -> None:
        shares = shares_of([one.mask for one in regions], tokens).flatten(1)
        counts = [index for index, share in enumerate(shares) if bool(share.any())]
        texts = [prompt, *(one.words[_SAID] for one in regions)]
        self._forward, self._prompt = forward, prompt
        self._texts, self._shares = [texts[index] for index in counts], shares[counts]
        self._bias: torch.Tensor | None = None

    def __call__(
        self, *, hidden_states: torch.Tensor, encoder_hidden_states: torch.Tensor, txt_ids: torch.Tensor, **kwargs: Any
    ) -> Any:
        """Args: tokens of the picture and of what it sees, batch x tokens x width; words; the places of these."""
        given = {"hidden_states": hidden_states, **kwargs}
        said = encoder_hidden_states
        if said.shape != self._prompt.shape or not torch.equal(said, self._prompt.to(said.device, said.dtype)):
            return self._forward(encoder_hidden_states=said, txt_ids=txt_ids, **given)
        texts = torch.cat([text.to(said.device, said.dtype) for text in self._texts], dim=1)
        places = torch.cat([txt_ids] * len(self._texts), dim=-2)
        if len(self._texts) > 1:
            given["joint_attention_kwargs"] = {
                **(kwargs.get("joint_attention_kwargs") or {}),
                "attention_mask": self._mask(hidden_states, said.shape[1]),
            }
        return self._forward(encoder_hidden_states=texts, txt_ids=places, **given)

    def _mask(self, picture: torch.Tensor, length: int) -> torch.Tensor:
        """What is added to the logits, 1 x 1 x all tokens x all tokens; made once."""
        if self._bias is None:
            words, drawn = length * len(self._texts), self._shares.shape[1]
            bias = torch.zeros(words + picture.shape[1], words + picture.shape[1])
            bias[:words, :words] = -torch.inf
            for number, share in enumerate(self._shares):
                own, seen = slice(number * length, (number + 1) * length), slice(words, words + drawn)
                bias[own, own] = 0
                bias[seen, own] = share.log()[:, None]
                bias[own, seen] = share.log()[None]
            self._bias = bias[None, None].to(picture.device, picture.dtype)
        return self._bias
