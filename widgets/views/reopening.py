"""Who goes on with a picture that was made here, by its settings and what it was made of, such as an open Studio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reopener:
    """Something open that can be as it was when a picture was made.

    Args:
        owner: whose it is, such as a lab.
        task: the name of its task.
        reopen: called with the bytes of a picture's file, on any thread; returns at once.
        take: called with settings by name, of which it takes those that it has; on any thread, returns at once.
    """

    owner: object
    task: str
    reopen: Callable[[bytes], None]
    take: Callable[[Mapping[str, Any]], None] = lambda _: None


_REOPENERS: list[Reopener] = []


def add_reopener(reopener: Reopener) -> Callable[[], None]:
    """From now on this one takes pictures' files; the answer, called, ends that."""
    _REOPENERS.append(reopener)
    return lambda: _REOPENERS.remove(reopener) if reopener in _REOPENERS else None


def reopen(owner: object, task: str, content: bytes) -> str:
    """Give a picture's file to the owner's reopener of its task, else to the owner's newest; its task, or empty."""
    chosen = _of(owner, task)
    if chosen is None:
        return ""
    chosen.reopen(content)
    return chosen.task


def set_in(owner: object, task: str, settings: Mapping[str, Any]) -> str:
    """Give settings to the owner's reopener of a task, else to the owner's newest; its task, or empty."""
    chosen = _of(owner, task)
    if chosen is None:
        return ""
    chosen.take(settings)
    return chosen.task


def _of(owner: object, task: str) -> Reopener | None:
    own = [one for one in reversed(_REOPENERS) if one.owner is owner]
    return next((one for one in own if one.task == task), next(iter(own), None))
