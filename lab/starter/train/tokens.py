"""The tokenizer: byte-pair pieces learned from the captions, in CLIP's own file format. No model is involved."""

from __future__ import annotations

import json
import string
from pathlib import Path

import numpy as np
from tokenizers import pre_tokenizers, trainers
from transformers import CLIPTokenizer

from lab.starter.train.colours import ALL_COLOURS
from lab.starter.train.news import tell
from lab.starter.train.things import Thing

VOCABULARY = 2000
POSITIONS = 16
FOLDER = "tokenizer"
_START, _END = "<|startoftext|>", "<|endoftext|>"


def learn_pieces(texts: list[str], vocabulary: int = VOCABULARY) -> CLIPTokenizer:
    """A CLIP tokenizer whose pieces are learned from `texts`; any other text falls into smaller pieces."""
    blank = CLIPTokenizer()
    letters = [char for char in string.printable if not char.isspace()]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[_START, _END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    blank.backend_tokenizer.train_from_iterator([*texts, *letters], trainer)
    pieces = json.loads(blank.backend_tokenizer.to_str())["model"]
    merges = [tuple(pair) if isinstance(pair, list) else tuple(pair.split(" ")) for pair in pieces["merges"]]
    return CLIPTokenizer(vocab=pieces["vocab"], merges=merges, model_max_length=POSITIONS)


def ids_of(tokenizer: CLIPTokenizer, texts: list[str]) -> np.ndarray:
    """Token ids as the pipelines make them: cut and padded to POSITIONS; int64, one row a text."""
    found = tokenizer(texts, padding="max_length", max_length=POSITIONS, truncation=True, return_tensors="np")
    return found["input_ids"].astype(np.int64)


def train_tokenizer(work: Path, things: list[Thing]) -> None:
    """Learns the pieces from the pool's captions and every object's names, and saves them; once."""
    if (work / FOLDER).exists():
        return
    words = json.loads((work / "pool" / "words.json").read_text())
    texts = [text for each in words["captions"] for text in each]
    texts += [name for thing in things for name in thing.names] * 4
    texts += list(ALL_COLOURS) * 50
    tokenizer = learn_pieces(texts)
    tokenizer.save_pretrained(work / FOLDER)
    lengths = [len(ids) for ids in tokenizer(texts[:5000])["input_ids"]]
    tell(f"tokenizer: {len(tokenizer)} pieces, {np.mean(lengths):.1f} a caption, {max(lengths)} at most")


def load_tokenizer(work: Path) -> CLIPTokenizer:
    """The tokenizer that `train_tokenizer` saved."""
    return CLIPTokenizer.from_pretrained(work / FOLDER)
