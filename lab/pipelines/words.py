"""What a model makes of a prompt, and in words what of it was not read; knows no cache."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch

from lab.core.picture import Picture
from lab.pipelines.families import Embeddings, Read
from lab.pipelines.models.loaded_model import LoadedModel

_NO_GUIDANCE = "the guidance and the negative prompt do not count, since this model was distilled to draw without them"
NEGATIVE_UNREAD = "the negative prompt is not read, since the guidance is 1 or below: give more than 1"
_PROMPT, _NEGATIVE = "prompt_embeds", "negative_prompt_embeds"
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


def words_of(
    model: LoadedModel,
    prompt: str,
    *,
    is_negative: bool = False,
    weighted: bool = False,
    seen: tuple[Picture, ...] = (),
) -> Words:
    """A prompt, or a negative one, as a model reads it; of a weighted one nothing is left out.

    `seen` are the pictures that it reads the words with.
    """
    if is_negative and model.settings.get("is_distilled"):
        return Words({}, _NO_GUIDANCE)
    if weighted:
        return Words(model.embed(prompt, is_negative=is_negative, weighted=True), "")
    read = model.family.read(model.pipeline(), prompt)
    said = "negative prompt" if is_negative else "prompt"
    pictures = [picture.on_white().to_pil() for picture in seen]
    return Words(model.embed(prompt, is_negative=is_negative, seen=pictures), _too_long(read, said) if read else "")


class ReadPrompt(Protocol):
    """Gives the embeddings of a prompt, or of a negative one, as the recipe wants its words read."""

    def __call__(self, prompt: str, *, is_negative: bool = False) -> Embeddings:
        """As arguments of the diffusers call."""
        ...


def both_prompts(prompt: str, against: str | None, read: ReadPrompt, *, weighted: bool) -> Embeddings:
    """The embeddings of a prompt and of a negative one as arguments of one diffusers call.

    Weighted ones get the same number of chunks: the shorter one is made longer with chunks of no words.

    Args:
        prompt: what to draw.
        against: what to stay away from; None without guidance.
        read: gives the embeddings of each.
        weighted: whether they are in chunks.
    """
    made = dict(read(prompt))
    if against is None:
        return made
    made |= read(against, is_negative=True)
    if not weighted:
        return made
    lengths = {name: made[name].shape[1] for name in (_PROMPT, _NEGATIVE)}
    for name, length in lengths.items():
        lacks = max(lengths.values()) - length
        if lacks:
            # what SDXL makes of an empty negative prompt is nothing at all, and counts for that alone
            chunk = made[name] if name == _NEGATIVE and not against else read("")[_PROMPT]
            made[name] = torch.cat([made[name], *[chunk] * (lacks // chunk.shape[1])], dim=1)
    return made


def _too_long(read: Read, said: str) -> str:
    unread = read.unread if len(read.unread) <= _SHOWN else f"{read.unread[:_SHOWN].rstrip()} \u2026"
    return (
        f'not read: "{unread}", since the {said} is longer than the {read.pieces} pieces of words that this model takes'
    )
