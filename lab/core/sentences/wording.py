"""Words for people: one line, no longer than it is read, without the addresses of objects. Knows no error."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lab.core.sentences.secrets import masked

MOST_LETTERS = 199
"""The longest sentence about a mistake: what a line or two of a notebook hold."""
_LONGEST_WORD = 48
_LONGEST_VALUE = 60
"""Of a value that is shown: enough to know it again."""
_ADDRESS = re.compile(r"(?: object)? at 0x[0-9a-fA-F]+")
_QUOTED = re.compile(rf"'[^']{{{_LONGEST_WORD},}}'|\"[^\"]{{{_LONGEST_WORD},}}\"")
_LONG = re.compile(rf"\S{{{_LONGEST_WORD},}}")


def one_line(text: str) -> str:
    """The text in one line, its secrets masked and without the addresses of objects."""
    sayable = masked(text).encode(errors="backslashreplace").decode()  # half a letter cannot be sent to a page
    return " ".join(_ADDRESS.sub("", sayable).split())


def short(text: str, most: int = MOST_LETTERS) -> str:
    """The text in no more letters than that: long values lose their middle first, then the text does."""
    for pattern in (_QUOTED, _LONG):
        if len(text) > most:
            text = pattern.sub(lambda found: _middle_cut(found[0], _LONGEST_WORD), text)
    return _middle_cut(text, most)


def shown(value: object) -> str:
    """A value as a sentence names it: its repr, or only its kind where that says no more, takes long or fails."""
    if isinstance(value, str | bytes):
        value = value[: 2 * _LONGEST_VALUE]
    elif not isinstance(value, int | float | bool | None):
        return with_article(type(value).__name__)
    try:
        return _middle_cut(one_line(repr(value)), _LONGEST_VALUE)
    except Exception:  # a repr is anybody's code; a whole number of a thousand digits has none
        return with_article(type(value).__name__)


def with_article(noun: str) -> str:
    """The noun with "a" or "an" before it."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def several(names: Iterable[str], most: int = 100) -> str:
    """The names as a list that ends after so many letters, with how many more there are."""
    every = list(names)
    shown_names = list(every)
    while len(", ".join(shown_names)) > most and len(shown_names) > 1:
        shown_names.pop()
    left = len(every) - len(shown_names)
    return ", ".join(shown_names) + (f" or {left} more" if left else "")


def _middle_cut(text: str, most: int) -> str:
    """Two thirds of the letters that are kept are from the beginning; of a path from its end, where the name is."""
    if len(text) <= most:
        return text
    is_path = "/" in text and " " not in text
    end = most * 2 // 3 if is_path else most // 3
    return f"{text[: most - end - 3]} … {text[-end:]}"
