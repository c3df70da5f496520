"""How many pieces of words a prompt is, and how far a model reads it; slow at its first call, which wakes diffusers."""

from __future__ import annotations

from typing import NamedTuple

from lab.core.catalogue import ModelCard
from lab.core.sentences.checked_call import checked
from lab.vision.waking import WAKING


class WordCount(NamedTuple):
    """How a model reads a prompt.

    Args:
        tokens: pieces of words in the prompt.
        limit: how many of them the model reads at once.
        cut: the first character that is not read; None where all is.
        chunks: in how many parts of `limit` the prompt is read; 1 unless it is weighted.
    """

    tokens: int
    limit: int
    cut: int | None = None
    chunks: int = 1


@checked
def count_words(prompt: str, card: ModelCard, *, weighted: bool = False) -> WordCount | None:
    """How a model reads a prompt; None where its tokenizer is not on this machine. Loads no weights. Any thread.

    Args:
        prompt: as it was written.
        card: of the model.
        weighted: whether as with `words="weighted"`, where nothing is cut.
    """
    with WAKING:
        from lab.pipelines.word_count import counted

    found = counted(prompt, card, weighted=weighted)
    return None if found is None else WordCount(*found)
