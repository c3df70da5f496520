"""Which preprocessors a preview offers, in which order, and what its page says of each; knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.preprocessors import PREPROCESSORS, Preprocessor
from widgets.base.image_codec import webp_of

_THUMBNAIL = Size(192, 192)
_LAST = 1000
"""The place of what suits any kind, among what suits one in particular."""


def offered(kinds: Sequence[str] | None) -> list[Preprocessor]:
    """Those for these kinds of ControlNet: first those that need no weights, and among these the best first."""

    def rank(tool: Preprocessor) -> tuple[bool, int]:
        known = [tool.kinds.index(kind) for kind in kinds or () if kind in tool.kinds]
        return bool(tool.weights), min(known, default=_LAST if kinds else 0)

    fitting = [tool for tool in PREPROCESSORS.values() if kinds is None or any(map(tool.feeds, kinds))]
    return sorted(fitting, key=rank)


def served(kinds: Sequence[str] | None) -> tuple[str, ...] | None:
    """The kinds, for which there must be a preprocessor; None stands for all.

    Raises:
        BadInput: when there is none.
    """
    found = None if kinds is None else tuple(kinds)
    if not offered(found):
        msg = f"there is no preprocessor for {', '.join(found or ()) or 'a model without ControlNets'}"
        raise BadInput(msg)
    return found


def described(tool: Preprocessor) -> dict[str, Any]:
    """A preprocessor as the page's `tools` has it."""
    params = [asdict(param) for param in tool.params]
    return {"name": tool.name, "help": tool.help, "suits": tool.suits, "kinds": tool.kinds, "params": params}


def tile_of(tool: Preprocessor, made: Picture | None, sentence: str) -> dict[str, Any]:
    """The thumbnail of a map, or the sentence why there is none, as the page's `tiles` has it."""
    if made is None:
        return {"state": "missing" if tool.missing else "failed", "sentence": sentence, "thumb": b""}
    room = Size(*map(min, made.size, _THUMBNAIL))
    return {"state": "ready", "sentence": "", "thumb": webp_of(made.resized(made.size.fitted_into(room)))}
