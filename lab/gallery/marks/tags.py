"""Tags: words that a person gives a picture. Knows no files and no index."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from lab.core.errors import BadInput
from lab.core.sentences.wording import shown

_LONGEST = 40
_MOST = 32
_TAG = re.compile(rf"\w[\w .&+'-]{{0,{_LONGEST - 1}}}")


def tag_of(text: str) -> str:
    """The tag that a person typed, without spaces around it.

    Raises:
        BadInput: when it is none.
    """
    tag = " ".join(text.split())
    if not _TAG.fullmatch(tag):
        msg = f"a tag is up to {_LONGEST} letters, digits, spaces, dots and dashes, not {shown(text)}"
        raise BadInput(msg)
    return tag


def tags_in(said: str) -> tuple[str, ...]:
    """The tags in a row of the index, in order; those of them that can be read."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return ()
    several = found if isinstance(found, list) else []
    return tuple(one for one in several if isinstance(one, str) and _TAG.fullmatch(one))[:_MOST]


def with_tags(had: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """Those that were there and these, each once, whatever its capitals.

    Raises:
        BadInput: when one is no tag, or there are too many.
    """
    every = {tag.casefold(): tag for tag in reversed([*had, *map(tag_of, more)])}
    if len(every) > _MOST:
        msg = f"a picture has {_MOST} tags at most, and these would be {len(every)}"
        raise BadInput(msg)
    return tuple(sorted(every.values(), key=str.casefold))


def without_tags(had: Iterable[str], gone: Iterable[str]) -> tuple[str, ...]:
    """Those that were there but for these, whatever their capitals."""
    names = {" ".join(tag.split()).casefold() for tag in gone}
    return tuple(tag for tag in had if tag.casefold() not in names)
