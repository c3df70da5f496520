"""Who takes a picture that a person wants to go on with, such as an open Studio; knows neither."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.core.picture import Picture


@dataclass(frozen=True)
class Taker:
    """Something open that takes pictures.

    Args:
        owner: whose it is, such as a lab.
        name: as people read it, such as "inpaint"; one owner has one taker of a name.
        take: called with the picture and its use ("image", "mask", "scene", ...; empty for what it takes most), on any
            thread. May raise `BadInput`.
    """

    owner: object
    name: str
    take: Callable[[Picture, str], None]


_TAKERS: list[Taker] = []


def add_taker(taker: Taker) -> Callable[[], None]:
    """From now on this one takes pictures; the answer, called, ends that."""
    _TAKERS.append(taker)
    return lambda: _TAKERS.remove(taker) if taker in _TAKERS else None


def taker_named(owner: object, name: str) -> Taker | None:
    """The owner's taker of this name; None when it has none."""
    return next((one for one in reversed(_TAKERS) if one.owner is owner and one.name == name), None)


def hand_over(picture: Picture) -> str:
    """Give a picture to whoever came last; its name, empty when there is nobody."""
    if not _TAKERS:
        return ""
    _TAKERS[-1].take(picture, "")
    return _TAKERS[-1].name
