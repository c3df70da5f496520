"""Those who want to hear of something: each once, until they say no; what one of them raises is nobody else's."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

_log = logging.getLogger("lab.widgets")


def added(callbacks: list[Any], callback: Any) -> Callable[[], None]:
    """Add one to a list of listeners; the answer, called, takes it out again."""
    callbacks.append(callback)

    def end() -> None:
        if callback in callbacks:
            callbacks.remove(callback)

    return end


def call_all(callbacks: list[Any], *told: Any) -> None:
    """Tell all of them; their errors go to the log."""
    for callback in tuple(callbacks):
        try:
            callback(*told)
        except BaseException:  # SystemExit too: the thread is not its own
            _log.exception("a listener of a canvas failed")
