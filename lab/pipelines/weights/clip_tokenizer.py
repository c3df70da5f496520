"""The vocabulary of OpenAI's CLIP, which every Stable Diffusion reads words with; reaches no network."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

from transformers import CLIPTokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

_MERGES = Path(__file__).parent / "configs" / "clip-merges.txt.gz"
_BEGIN, _END = "<|startoftext|>", "<|endoftext|>"


def clip_tokenizer(*, pad: str = _END) -> CLIPTokenizer:
    """The tokenizer of CLIP; `pad` fills short prompts up: SDXL's second one fills with "!"."""
    vocabulary, merges = _words()
    return CLIPTokenizer(dict(vocabulary), list(merges), pad_token=pad, model_max_length=77)


@cache
def _words() -> tuple[dict[str, int], list[Any]]:
    """The numbers of all 49408 word pieces, and the pairs that they are put together from, the most frequent first."""
    pairs = [line.split(" ") for line in gzip.decompress(_MERGES.read_bytes()).decode().splitlines()]
    signs = list(bytes_to_unicode().values())
    pieces = [*signs, *(f"{sign}</w>" for sign in signs), *("".join(pair) for pair in pairs), _BEGIN, _END]
    return {piece: number for number, piece in enumerate(pieces)}, [(first, second) for first, second in pairs]
