"""What two recipes, or two accounts of how pictures were made, say differently: field by field, in words word by word.

Knows no pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, NamedTuple

_WORD = re.compile(r"\w+|[^\w\s]")
Parts = tuple[tuple[str, bool], ...]
"""A text in parts, each with whether it is not in the other text."""


class FieldDifference(NamedTuple):
    """A field that two of a kind have different values in.

    Args:
        field: by its path, such as "seed" or "controls.0.weight".
        a: what the first says; empty where it says nothing.
        b: what the second says.
    """

    field: str
    a: Parts
    b: Parts

    def __str__(self) -> str:
        """In a line: what is marked stands in brackets."""
        return f"{self.field}: {_in_brackets(self.a)} | {_in_brackets(self.b)}"


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[FieldDifference, ...]:
    """The fields that differ, in the order of the first; what is only in the second comes last.

    Args:
        a: JSON values by name, within each other as deep as they like.
        b: the same of the other.
    """
    first, second = dict(_flat(a)), dict(_flat(b))
    names = dict.fromkeys([*first, *second])
    return tuple(
        FieldDifference(name, *marked(first.get(name, ""), second.get(name, "")))
        for name in names
        if first.get(name, "") != second.get(name, "")
    )


def marked(a: str, b: str) -> tuple[Parts, Parts]:
    """Two texts, with the words marked that the other does not have at that place."""
    first, second = [*_WORD.finditer(a)], [*_WORD.finditer(b)]
    same = SequenceMatcher(None, [one[0] for one in first], [one[0] for one in second])
    kept_a: set[int] = set()
    kept_b: set[int] = set()
    for block in same.get_matching_blocks():
        kept_a.update(range(block.a, block.a + block.size))
        kept_b.update(range(block.b, block.b + block.size))
    return _parts(a, first, kept_a), _parts(b, second, kept_b)


def _parts(text: str, words: list[re.Match[str]], kept: set[int]) -> Parts:
    """The text in as few parts as can be; what stands between two marked words is marked with them."""
    if not words:
        return ((text, bool(text)),) if text else ()
    parts: list[tuple[str, bool]] = []
    start, is_marked = 0, 0 not in kept
    for number, word in enumerate(words[1:], 1):
        if (number not in kept) != is_marked:
            end = words[number - 1].end() if is_marked else word.start()
            parts.append((text[start:end], is_marked))
            start, is_marked = end, not is_marked
    return (*parts, (text[start:], is_marked))


def _flat(values: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        path = f"{within}{name}"
        if isinstance(value, list | tuple):
            yield from _flat({str(number): one for number, one in enumerate(value)}, f"{path}.")
        elif isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        elif value is not None:
            yield path, value if isinstance(value, str) else _said(value)


def _said(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _in_brackets(parts: Parts) -> str:
    return "".join(f"[{text}]" if is_marked else text for text, is_marked in parts) or "nothing"
