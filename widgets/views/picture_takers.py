"""Who takes a picture that a person wants to go on with, such as the Studio that was opened last; knows neither."""

from __future__ import annotations

from collections.abc import Callable

from lab.core.picture import Picture

Take = Callable[[Picture], None]
_TAKERS: list[tuple[str, Take]] = []


def add_taker(name: str, take: Take) -> Callable[[], None]:
    """From now on this one takes pictures; the answer, called, ends that.

    Args:
        name: as people read it, such as "inpaint".
        take: called with the picture, on any thread.
    """
    taker = (name, take)
    _TAKERS.append(taker)
    return lambda: _TAKERS.remove(taker) if taker in _TAKERS else None


def hand_over(picture: Picture) -> str:
    """Give a picture to whoever came last; its name, empty when there is nobody."""
    if not _TAKERS:
        return ""
    name, take = _TAKERS[-1]
    take(picture)
    return name
