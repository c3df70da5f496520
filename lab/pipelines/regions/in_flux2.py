"""Regions on FLUX.2's transformer: the words of all stand in a row before the picture, which hears each where it is.

Words of one region and of another hear nothing of each other; tokens of the picture hear all of it, as ever. A text
counts for a token as much as its mask says there: its logarithm is added to the logits, so that halves of two texts
are as much as one whole. Words that are nowhere are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch

from lab.pipelines.families import Embeddings
from lab.pipelines.regions.shares import RegionWords, counting_texts, logits_between
from lab.pipelines.speedups.hooks import in_place_of, standing_in

_SAID = "prompt_embeds"


@contextmanager
def heard_in_flux2(
    networks: Sequence[Any], words: Embeddings, regions: Sequence[RegionWords], tokens: tuple[int, int]
) -> Iterator[None]:
    """While this lasts, the networks hear the words of the regions where these are.

    Args:
        networks: those of FLUX.2; None is passed over.
        words: those of the whole picture. A negative prompt is everywhere the same.
        regions: in order.
        tokens: height and width of the picture in tokens.
    """
    texts, shares = counting_texts(words[_SAID], [one.words[_SAID] for one in regions], regions, tokens)
    asked = _Asked()
    with ExitStack() as stack:
        layers = [network for network in networks if isinstance(network, torch.nn.Module)]
        for network in layers:
            stack.enter_context(in_place_of(network, "cache_context", asked.noting))
        made = partial(_Forward, texts=texts, shares=shares, asked=asked)
        stack.enter_context(standing_in("regions", layers, lambda _, forward: made(forward)))
        yield


class _Asked:
    """What a network is asked about, which its pipeline tells to caches: the prompt, or the negative one."""

    against = False

    def noting(self, own: Callable[..., Any]) -> Callable[..., Any]:
        """The method by which the pipeline says so, for the network's own."""

        def noted(name: str, **kwargs: Any) -> Any:
            self.against = name == "uncond"
            return own(name, **kwargs)

        return noted


class _Forward:
    """The network's forward with more words and a mask."""

    def __init__(self, forward: Any, texts: list[torch.Tensor], shares: torch.Tensor, asked: _Asked) -> None:
        self._forward, self._texts, self._shares, self._asked = forward, texts, shares, asked
        self._bias: torch.Tensor | None = None

    def __call__(
        self, *, hidden_states: torch.Tensor, encoder_hidden_states: torch.Tensor, txt_ids: torch.Tensor, **kwargs: Any
    ) -> Any:
        """Args: tokens of the picture and of what it sees, batch x tokens x width; words; the places of these."""
        given = {"hidden_states": hidden_states, **kwargs}
        said = encoder_hidden_states
        if self._asked.against:
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
            texts = [slice(start, start + length) for start in range(0, words, length)]
            bias = logits_between(texts, slice(words, words + drawn), self._shares, words + picture.shape[1])
            self._bias = bias[None, None].to(picture.device, picture.dtype)
        return self._bias
