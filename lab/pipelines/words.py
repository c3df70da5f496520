"""What a model makes of a prompt, and in words what of it was not read; knows no cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from lab.pipelines.families import Embeddings, Read
from lab.pipelines.models.loaded_model import LoadedModel

NEGATIVE_UNREAD = "the negative prompt is not read, since the guidance is 1 or below: give more than 1"
_SHOWN = 100
"""Letters of what was not read; more would hide the rest of the line under a picture."""


class Words(NamedTuple):
    """A prompt as arguments of the diffusers call, and a sentence when it was too long."""

    embeddings: Embeddings
    note: str

    @property
    def bytes(self) -> int:
        """Of all tensors in the arguments; a list of them is what some families want."""
        parts = [part if isinstance(part, list) else [part] for part in self.embeddings.values()]
        return sum(tensor.nbytes for part in parts for tensor in part)


def words_of(model: LoadedModel, prompt: str, *, is_negative: bool = False, weighted: bool = False) -> Words:
    """A prompt, or a negative one, as a model reads it; of a weighted one nothing is left out."""
    if weighted:
        return Words(model.embed(prompt, is_negative=is_negative, weighted=True), "")
    read = model.family.read(model.pipeline(), prompt)
    said = "negative prompt" if is_negative else "prompt"
    return Words(model.embed(prompt, is_negative=is_negative), _too_long(read, said) if read else "")


def as_long(embeddings: Embeddings, empty: Callable[[bool], Embeddings]) -> Embeddings:
    """The embeddings of both prompts with the same number of chunks, as a diffusers call wants them.

    Args:
        embeddings: of the prompt, and with guidance of the negative one.
        empty: those of a prompt, or of a negative one, without words: what the shorter one is made longer with.
    """
    names = ("prompt_embeds", "negative_prompt_embeds")
    longest = max(embeddings[name].shape[1] for name in names if name in embeddings)
    made = dict(embeddings)
    for name in names:
        if name in embeddings and embeddings[name].shape[1] < longest:
            chunk = empty(name == names[1])[name]
            lacking = (longest - embeddings[name].shape[1]) // chunk.shape[1]
            made[name] = torch.cat([embeddings[name], *[chunk] * lacking], dim=1)
    return made


def _too_long(read: Read, said: str) -> str:
    unread = read.unread if len(read.unread) <= _SHOWN else f"{read.unread[:_SHOWN].rstrip()} \u2026"
    return (
        f'not read: "{unread}", since the {said} is longer than the {read.pieces} pieces of words that this model takes'
    )
