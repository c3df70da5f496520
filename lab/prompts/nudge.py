"""Changing the weight of what is selected in a prompt, as Ctrl+Up and Ctrl+Down do; knows no key."""

from __future__ import annotations

import re
from typing import NamedTuple

from lab.core.sentences.checked_call import checked

_WEIGHED = re.compile(r"\((?P<text>[^()\[\]\\:]*):\s*(?P<weight>[+-]?(?:\d+\.?\d*|\.\d+))\s*\)")
_LEAST, _MOST = 0.0, 4.0
"""A word that counts less than nothing or more often than this breaks any picture."""


class Nudged(NamedTuple):
    """The prompt, and where in it the same words are selected now."""

    prompt: str
    start: int
    end: int


@checked
def nudged(prompt: str, start: int, end: int, step: float) -> Nudged:
    """The prompt with another weight on what is selected; on the word at the caret where nothing is.

    A weight of 1 needs no brackets, so they go.

    Args:
        prompt: as written for `words="weighted"`.
        start: where the selection begins, in characters; counted as far as there are any.
        end: where it ends.
        step: what the weight changes by, such as 0.1 or -0.1.
    """
    start, end = sorted(min(max(0, place), len(prompt)) for place in (start, end))
    for one in _WEIGHED.finditer(prompt):
        if one.start() <= start and end <= one.end():
            start, end, text, weight = one.start(), one.end(), one["text"], float(one["weight"])
            break
    else:
        if start == end:
            start -= len(re.findall(r"[\w'-]*\Z", prompt[:start])[0])
            end += len(re.findall(r"\A[\w'-]*", prompt[end:])[0])
        while start < end and prompt[start].isspace():
            start += 1
        while start < end and prompt[end - 1].isspace():
            end -= 1
        text, weight = prompt[start:end], 1.0
    if not text.strip():
        return Nudged(prompt, start, end)
    weight = round(min(_MOST, max(_LEAST, weight + step)), 2)
    said = text if weight == 1 else f"({text}:{weight:g})"
    begin = start if weight == 1 else start + 1
    return Nudged(prompt[:start] + said + prompt[end:], begin, begin + len(text))
