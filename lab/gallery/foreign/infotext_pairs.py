"""The `Name: value` pairs in a line of settings as AUTOMATIC1111 and its extensions write it."""

from __future__ import annotations

import re

from lab.gallery.foreign.bounded_json import parsed_at

_NAME = re.compile(r"[\s,]*(\w[\w \-/]{0,60}?)\s*:[ \t]*")
_END = re.compile(r"[,\n]")
_MOST = 2000


def pairs_in(text: str) -> dict[str, str]:
    """The pairs, each name with its first value.

    A value with commas, colons or line ends in it is a JSON string; lists and tables stand there unquoted all the same.
    What has no name goes on with the value before it, as unquoted values of some extensions do.
    """
    found: dict[str, str] = {}
    at, last = 0, ""
    for _ in range(_MOST):
        if at >= len(text):
            break
        name = _NAME.match(text, at)
        if name:
            value, at = _value_at(text, name.end())
            last = name[1].strip()
            if last in found:
                last = ""
            else:
                found[last] = value
            continue
        value, at = _plain_at(text, at)
        if last and value.strip(", \n"):
            found[last] = f"{found[last]},{value}" if len(found[last]) < 2000 else found[last]
    return {name: value.strip() for name, value in found.items()}


def _value_at(text: str, at: int) -> tuple[str, int]:
    """The value that begins there, and where the next pair does."""
    if text[at : at + 1] in ('"', "[", "{"):
        made = parsed_at(text, at)
        if made is not None:
            value, end = made
            behind = text[end : end + 1]
            if behind in ("", ",", "\n", " "):
                return (value if isinstance(value, str) else text[at:end]), end + 1
    return _plain_at(text, at)


def _plain_at(text: str, at: int) -> tuple[str, int]:
    end = _END.search(text, at)
    return (text[at : end.start()], end.end()) if end else (text[at:], len(text))
