"""One thread at a time reads large libraries: of two at once, each gets modules of which the other has read half."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage while things are made that stay: each look goes through all of them again.

    What was made counts as old at once, unless somebody else has set aside what is theirs. Not so when somebody has
    turned that off already.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_count()[0] > gc.get_threshold()[0] and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()  # to the oldest of all, without a look at any
            gc.enable()


class Waking:
    """Held by whoever may be the first of a kernel to import torch, diffusers, transformers or what needs them.

    A thread may hold it several times. A seventh of the time that those imports take was spent looking for garbage.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._holds = 0
        self._until_let_go = ExitStack()

    @property
    def is_mine(self) -> bool:
        """Whether this thread holds it."""
        return self._lock._is_owned()  # pyright: ignore[reportAttributeAccessIssue]  # noqa: SLF001 - it has no other

    def __enter__(self) -> None:
        """Wait until no other thread holds it."""
        self._lock.acquire()
        self._holds += 1
        if self._holds == 1:
            self._until_let_go.enter_context(uncollected())

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self._holds -= 1
        if not self._holds:
            self._until_let_go.close()
        self._lock.release()


WAKING = Waking()
