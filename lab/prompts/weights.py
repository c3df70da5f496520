r"""The weights that stand in a prompt, by the rules of AUTOMATIC1111's web UI; knows no tokenizer.

| written | means |
|---|---|
| `(a)` | a counts 1.1 times; brackets in brackets multiply: `((a))` 1.21 times |
| `[a]` | a counts 1 / 1.1 times |
| `(a:1.4)` | a counts 1.4 times |
| `\(`, `\)`, `\[`, `\]`, `\\` | the sign itself |
| `BREAK` | what follows begins a new chunk |

A backslash before any other sign is left out. A `BREAK` in brackets is one, too, where that program reads a word.
A bracket that is never closed reaches to the end; one that was never opened, and a colon or a number that belongs to no
bracket, are text (https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/Features#attentionemphasis).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from lab.core.errors import BadInput
from lab.core.sentences.wording import shown

_BY = {"(": 1.1, "[": 1 / 1.1}
"""What a pair of brackets multiplies by."""
_OPENED_BY = {")": "(", "]": "["}
_PIECES = re.compile(
    r"""
    \\(?P<itself>[\\()\[\]]?) | (?P<opens>[(\[]) | :\s*(?P<weight>[+-]?(\d+\.?\d*|\.\d+))\s*\) | (?P<closes>[)\]])
    | (?P<text>[^\\()\[\]:]+|:)
    """,
    re.VERBOSE,
)
_BREAK = re.compile(r"\s*\bBREAK\b\s*")


_MOST = 100.0
"""A weight beyond this, of either sign, is a slip of the finger: all other words count for nothing beside it."""


class Weighed(NamedTuple):
    """A stretch of a prompt, and how often it counts."""

    text: str
    weight: float = 1.0


BREAK = Weighed("BREAK", -1.0)
"""Where a new chunk begins; no words."""


@dataclass
class _Reader:
    """What was read of a prompt so far: texts with their weights, and where brackets were opened, by their signs."""

    texts: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    opened: dict[str, list[int]] = field(default_factory=lambda: {"(": [], "[": []})

    def add(self, *texts: str) -> None:
        """Texts that count once so far."""
        self.texts += texts
        self.weights += [1.0] * len(texts)

    def close(self, sign: str, by: float) -> bool:
        """Weigh all since the last bracket of this sign; False when none is open."""
        if not self.opened[sign]:
            return False
        begin = self.opened[sign].pop()
        self.weights[begin:] = [weight * by for weight in self.weights[begin:]]
        return True


def weighed(prompt: str) -> tuple[Weighed, ...]:
    """The stretches of a prompt with their weights, neighbours of the same weight as one; at least one."""
    reader = _Reader()
    for found in _PIECES.finditer(prompt):
        if found["itself"] is not None:  # nothing, of a backslash before any other sign
            reader.add(found["itself"])
        elif found["opens"]:
            reader.opened[found["opens"]].append(len(reader.texts))
        elif not _closes(reader, found):
            first, *others = _BREAK.split(found[0])
            reader.add(first, *(text for other in others for text in (BREAK.text, other)))
    for sign, by in _BY.items():
        while reader.close(sign, by):
            pass
    return _joined(reader)


def _closes(reader: _Reader, found: re.Match[str]) -> bool:
    """Whether a piece ends a bracket that is open."""
    if found["weight"]:
        return reader.close("(", float(found["weight"]))
    sign = _OPENED_BY.get(found["closes"])
    return sign is not None and reader.close(sign, _BY[sign])


def _joined(reader: _Reader) -> tuple[Weighed, ...]:
    joined: list[Weighed] = []
    for text, weight in zip(reader.texts, reader.weights, strict=True):
        if text == BREAK.text:  # as a word of its own it is nothing else
            joined.append(BREAK)
        elif joined and joined[-1] is not BREAK and joined[-1].weight == weight:
            joined[-1] = Weighed(joined[-1].text + text, weight)
        else:
            joined.append(Weighed(text, weight))
    return tuple(joined) or (Weighed(""),)


def check_weights(prompt: str, said: str) -> None:
    """Refuse weights of which nothing but noise comes.

    Args:
        prompt: as it was written.
        said: what a sentence calls it: "prompt".

    Raises:
        BadInput: names the words.
    """
    wrong = next((one for one in weighed(prompt) if one is not BREAK and not abs(one.weight) <= _MOST), None)
    if wrong is not None:
        msg = f"{shown(wrong.text)} counts {wrong.weight:g} times in the {said}: give it a weight from 0 to 2"
        raise BadInput(msg)
