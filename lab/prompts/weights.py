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


class Weighed(NamedTuple):
    """A stretch of a prompt, and how often it counts."""

    text: str
    weight: float = 1.0


BREAK = Weighed("BREAK", -1.0)
"""Where a new chunk begins; no words."""


@dataclass
class _Reader:
    """What was read of a prompt so far, and where brackets were opened, by their signs."""

    stretches: list[Weighed] = field(default_factory=list)
    opened: dict[str, list[int]] = field(default_factory=lambda: {"(": [], "[": []})

    def add(self, text: str) -> None:
        """A piece of text, in which a new chunk may begin."""
        first, *others = _BREAK.split(text)
        self.stretches.append(Weighed(first))
        for other in others:
            self.stretches += [BREAK, Weighed(other)]

    def close(self, sign: str, by: float) -> bool:
        """Weigh all since the last bracket of this sign; False when none is open."""
        if not self.opened[sign]:
            return False
        begin = self.opened[sign].pop()
        inside = self.stretches[begin:]
        self.stretches[begin:] = [one if one is BREAK else one._replace(weight=one.weight * by) for one in inside]
        return True


def weighed(prompt: str) -> tuple[Weighed, ...]:
    """The stretches of a prompt with their weights, neighbours of the same weight as one; at least one."""
    reader = _Reader()
    for found in _PIECES.finditer(prompt):
        if found["itself"] is not None:  # nothing, of a backslash before any other sign
            reader.stretches.append(Weighed(found["itself"]))
        elif found["opens"]:
            reader.opened[found["opens"]].append(len(reader.stretches))
        elif not _closes(reader, found):
            reader.add(found[0])
    for sign, by in _BY.items():
        while reader.close(sign, by):
            pass
    return _joined(reader.stretches)


def _closes(reader: _Reader, found: re.Match[str]) -> bool:
    """Whether a piece ends a bracket that is open."""
    if found["weight"]:
        return reader.close("(", float(found["weight"]))
    sign = _OPENED_BY.get(found["closes"])
    return sign is not None and reader.close(sign, _BY[sign])


def _joined(stretches: list[Weighed]) -> tuple[Weighed, ...]:
    joined: list[Weighed] = []
    for one in stretches:
        if joined and one is not BREAK and joined[-1] is not BREAK and joined[-1].weight == one.weight:
            joined[-1] = Weighed(joined[-1].text + one.text, one.weight)
        else:
            joined.append(one)
    return tuple(joined) or (Weighed(""),)
