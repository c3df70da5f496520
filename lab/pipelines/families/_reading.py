"""How much of a prompt a tokenizer has room for; what comes after is cut off by every pipeline, without a word."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_LETTER = r"[^\W\d_\u0e00-\U0010ffff]"
"""Of the scripts that put spaces between words; from Thai on most do not."""
_CUT_WORD = re.compile(rf"{_LETTER}+\Z")


class Read(NamedTuple):
    """A prompt that is too long.

    Args:
        pieces: how many pieces of words of it are read.
        unread: the rest of it, in the user's own words.
    """

    pieces: int
    unread: str


def read_by(tokenizer: Any, prompt: str, *, within: str | None = None, longest: int | None = None) -> Read | None:
    """How much of a prompt is read; None when all of it is.

    Args:
        tokenizer: of the model, one that knows where in a text its pieces stand.
        prompt: as the user wrote it.
        within: the text that is really read, where that is more than the prompt.
        longest: how many pieces are read, with those that mark begin and end; the tokenizer's own number when None.
    """
    text = prompt if within is None else within
    room = (longest or tokenizer.model_max_length) - tokenizer.num_special_tokens_to_add()
    found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    starts = [start for start, _ in found["offset_mapping"]]
    begin = text.find(prompt)
    if len(starts) <= room or begin < 0:
        return None
    cut = max(0, starts[room] - begin)
    half = _CUT_WORD.search(prompt[:cut]) if re.match(_LETTER, prompt[cut:]) else None
    unread = prompt[half.start() if half else cut :].strip()  # a word that is read by half is not read
    return Read(room - sum(start < begin for start in starts), unread) if unread else None
