"""Networks in memory: read once, listed, let go, and one of them at work at a time. Knows no library of networks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from lab.core.resident_models import Resident
from lab.vision.waking import WAKING


class Shelved(Protocol):
    """A network in memory, and what is said of it."""

    @property
    def what(self) -> str:
        """Its name, for the report on memory."""
        ...

    @property
    def bytes(self) -> int:
        """What it takes now. Any thread."""
        ...

    @property
    def device(self) -> str:
        """Where it is: "cpu", "cuda:0"."""
        ...


_K = TypeVar("_K", bound=Hashable)
_S = TypeVar("_S")
_N = TypeVar("_N", bound=Shelved)


class ModelShelf(Generic[_K, _N]):
    """Networks of one kind, by a key that says which one.

    Args:
        owner: whose they are, for the report on memory.
        why: what they are there for, for that report.
        keeps: how many stay; the one that came first goes before another is read. All of them when None.
    """

    def __init__(self, owner: str, why: str, *, keeps: int | None = None) -> None:
        self._owner, self._why, self._keeps = owner, why, keeps
        self._at_work = threading.RLock()
        self._held: dict[_K, _N] = {}
        """Never changed, only replaced: whoever looks needs no lock."""

    @property
    def held(self) -> dict[_K, _N]:
        """What is in memory now. Any thread, also while one of them is at work."""
        return self._held

    @contextmanager
    def using(self, key: _K, find: Callable[[], _S], read: Callable[[_S], _N]) -> Iterator[_N]:
        """The network of a key, which nobody else uses or lets go before the block ends.

        Args:
            key: says which network.
            find: gives what it is read from. It may fetch that for minutes, and meanwhile others work.
            read: makes the network of it.

        Raises:
            Exception: whatever `find` and `read` raise; nothing is kept of that network then.
        """
        while True:
            found = None if key in self._held else (find(),)
            with self._at_work:
                if found is None and key not in self._held:
                    continue  # let go while another one was at work
                if found is not None and key not in self._held:
                    self._make_room()
                    with WAKING:
                        network = read(found[0])
                    self._held = {**self._held, key: network}
                yield self._held[key]
                return

    def residents(self) -> list[Resident]:
        """The networks in memory, with their bytes. Any thread, also while one of them is at work."""
        return [Resident(self._owner, one.what, one.bytes, one.device, self._why) for one in self._held.values()]

    def release(self) -> int:
        """Let all networks go; each is read again when it is needed. Any thread, and at once.

        Returns:
            The bytes that are free by that; 0 while one of them is at work, which may take minutes.
        """
        if not self._at_work.acquire(blocking=False):
            return 0
        try:
            freed = sum(one.bytes for one in self.residents())
            self._held = {}
        finally:
            self._at_work.release()
        return freed

    def _make_room(self) -> None:
        """Let those go that came first, for one more; under the lock."""
        if self._keeps is not None:
            newest = list(self._held.items())[::-1][: self._keeps - 1]
            self._held = dict(newest[::-1])
