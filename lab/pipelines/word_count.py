"""How many pieces of words a prompt is and how far it is read, by a model's tokenizer alone; knows no network."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

from transformers import AutoTokenizer

from lab.core.catalogue import ModelCard
from lab.pipelines.families import FAMILIES
from lab.pipelines.families._chunks import chunks_of, room_of
from lab.pipelines.weights.clip_tokenizer import clip_tokenizer
from lab.pipelines.weights.locate import TOKENIZERS, tokenizers_here

_LONG = "a " * 10_000
"""More than any model reads."""


def counted(prompt: str, card: ModelCard, *, weighted: bool) -> tuple[int, int, int | None, int] | None:
    """The pieces, how many are read at once, the first character that is not read, and the number of chunks.

    None where the model's tokenizer is not on this machine.
    """
    pipe = _tokenizers(card)
    if pipe is None:
        return None
    if weighted and card.weighs_words:
        chunks = chunks_of(pipe.tokenizer, prompt)
        return sum(len(chunk.pieces) for chunk in chunks), room_of(pipe.tokenizer), None, len(chunks)
    tokens = len(pipe.tokenizer(prompt, add_special_tokens=False, verbose=False)["input_ids"])
    family = FAMILIES[card.family]
    longest, read = family.read(pipe, _LONG), family.read(pipe, prompt)
    cut = None if read is None else len(prompt.rstrip()) - len(read.unread)
    return tokens, longest.pieces if longest else tokens, cut, 1


def _tokenizers(card: ModelCard) -> SimpleNamespace | None:
    """The tokenizers of a model, by the names that its pipeline has for them."""
    folder = tokenizers_here(card)
    if folder is not None:
        return _read(folder, (folder / TOKENIZERS[0]).stat().st_mtime_ns)
    if not card.weighs_words or card.family not in FAMILIES or card.repo is None:
        return None
    # of one file, or still to be fetched: all of them have the one that comes with the lab
    return SimpleNamespace(tokenizer=clip_tokenizer(), tokenizer_2=clip_tokenizer(pad="!"))


@lru_cache(maxsize=4)
def _read(folder: Path, _: int) -> SimpleNamespace:
    here = {name: AutoTokenizer.from_pretrained(folder / name) for name in TOKENIZERS if (folder / name).is_dir()}
    return SimpleNamespace(**here)
