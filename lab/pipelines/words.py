"""What a model makes of a prompt, and in words what of it was not read; knows no cache."""

from __future__ import annotations

from typing import NamedTuple

from lab.pipelines.families import Embeddings, Read
from lab.pipelines.models.loaded_model import LoadedModel

_NO_GUIDANCE = "the guidance and the negative prompt do not count, since this model was distilled to draw without them"
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


def words_of(model: LoadedModel, prompt: str, *, is_negative: bool = False) -> Words:
    """A prompt, or a negative one, as a model reads it."""
    if is_negative and model.settings.get("is_distilled"):
        return Words({}, _NO_GUIDANCE)
    read = model.family.read(model.pipeline(), prompt)
    said = "negative prompt" if is_negative else "prompt"
    return Words(model.embed(prompt, is_negative=is_negative), _too_long(read, said) if read else "")


def _too_long(read: Read, said: str) -> str:
    unread = read.unread if len(read.unread) <= _SHOWN else f"{read.unread[:_SHOWN].rstrip()} \u2026"
    return (
        f'not read: "{unread}", since the {said} is longer than the {read.pieces} pieces of words that this model takes'
    )
