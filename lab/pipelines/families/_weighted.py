"""Weighted prompts of any length through CLIP, by the arithmetic of AUTOMATIC1111's web UI.

Each chunk goes through the encoder by itself. What comes out is multiplied by the weights of its pieces, and then all
of it by one number that gives it back the mean that it had (its emphasis "Original"). The chunks stand in a row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from lab.pipelines.families._chunks import Chunk, chunks_of


class Encoded(NamedTuple):
    """What an encoder makes of a weighted prompt: the states of all chunks, and what it answered to the first."""

    states: torch.Tensor
    first: Any


def encoded(
    tokenizer: Any, encoder: Any, prompt: str, device: torch.device, state_of: Callable[[Any], torch.Tensor]
) -> Encoded:
    """A weighted prompt through one encoder; of 75 pieces or fewer, all of weight 1, to the bit what diffusers makes.

    Args:
        tokenizer: of the encoder.
        encoder: a CLIP text model.
        prompt: see `lab.prompts.weights`.
        device: where the encoder works.
        state_of: the states in its answer, 1 x places x width.
    """
    answers, states = [], []
    for chunk in chunks_of(tokenizer, prompt):
        pieces, weights, mask = _padded(tokenizer, chunk)
        wants_mask = getattr(encoder.config, "use_attention_mask", False)  # as diffusers asks
        kwargs = {"attention_mask": torch.tensor([mask], device=device)} if wants_mask else {}
        answers.append(encoder(torch.tensor([pieces], device=device), output_hidden_states=True, **kwargs))
        states.append(_multiplied(state_of(answers[-1]), torch.tensor(weights, device=device)))
    return Encoded(torch.cat(states, dim=1), answers[0])


def _padded(tokenizer: Any, chunk: Chunk) -> tuple[list[int], list[float], list[int]]:
    """Its pieces, weights and attention mask at the length that the encoder was trained with; the ends count once."""
    pieces = [tokenizer.bos_token_id, *chunk.pieces, tokenizer.eos_token_id]
    free = tokenizer.model_max_length - len(pieces)
    weights = [1.0, *chunk.weights, 1.0, *[1.0] * free]
    return [*pieces, *[tokenizer.pad_token_id] * free], weights, [*[1] * len(pieces), *[0] * free]


def _multiplied(states: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The states times their weights, with the mean that they had, which only float32 can sum up."""
    if bool((weights == 1).all()):
        return states
    exact = states.float()
    weighed = exact * weights.view(1, -1, 1)
    mean = weighed.mean()
    return (weighed * (exact.mean() / mean) if mean != 0 else weighed).to(states.dtype)
