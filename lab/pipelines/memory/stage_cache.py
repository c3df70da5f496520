"""Results of stages, named by everything that went in, so that nothing is computed twice; knows no stage."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True)
class StageReport:
    """One stage of the cache: entries held and their bytes, how often it was found or had to run, seconds saved."""

    stage: str
    entries: int
    bytes: int
    hits: int
    misses: int
    saved_s: float


@dataclass(frozen=True, repr=False)
class CacheReport:
    """How the cache stands, in all and by stage."""

    stages: tuple[StageReport, ...]
    limit_bytes: int

    @property
    def entries(self) -> int:
        """How many results are kept, of all stages."""
        return sum(stage.entries for stage in self.stages)

    @property
    def bytes(self) -> int:
        """Bytes that all kept results take."""
        return sum(stage.bytes for stage in self.stages)

    @property
    def hits(self) -> int:
        """How often a stage did not have to run."""
        return sum(stage.hits for stage in self.stages)

    @property
    def misses(self) -> int:
        """How often a stage had to be computed, since nothing was kept for its inputs."""
        return sum(stage.misses for stage in self.stages)

    def __str__(self) -> str:
        """A table, one line a stage."""
        lines = [f"{'stage':<12} {'held':>5} {'MB':>7} {'found':>6} {'ran':>5} {'saved':>9}"]
        lines += [
            f"{stage.stage:<12} {stage.entries:>5} {stage.bytes / 2**20:>7.1f} {stage.hits:>6} {stage.misses:>5} "
            f"{stage.saved_s:>7.1f} s"
            for stage in self.stages
        ]
        return "\n".join(lines)

    __repr__ = __str__


class Room(NamedTuple):
    """What a stage may hold of which only the newest results are of use; the longest unused go for a new one."""

    entries: int
    bytes: int


NEWEST = Room(64, 128 * 2**20)
"""As far back as somebody goes who undoes, or compares: each stroke of a live drawing leaves a map and a picture."""


@dataclass
class _Entry:
    stage: str
    value: Any
    weight: int
    seconds: float
    worth: float = 0.0


@dataclass
class _Count:
    hits: int = 0
    misses: int = 0
    saved_s: float = 0.0


@dataclass
class StageCache:
    """Holds `limit_bytes`; what saves the fewest seconds a byte, and was not used for longest, goes first.

    The rule is GreedyDual-Size (Cao and Irani, 1997): an entry is worth its seconds over its bytes, on top of the worth
    of what was dropped last, which lets unused entries grow old. One thread works with it; others may read the report.
    """

    limit_bytes: int = 256 * 2**20
    clock: Callable[[], float] = time.perf_counter
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _counts: dict[str, _Count] = field(default_factory=dict)
    _bytes: int = 0
    _age: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self,
        stage: str,
        inputs: tuple[Any, ...],
        make: Callable[[], _T],
        weigh: Callable[[_T], int],
        *,
        room: Room | None = None,
    ) -> _T:
        """The result of a stage for these inputs: the kept one, or a new one.

        Args:
            stage: name of the stage.
            inputs: everything that can change the result, as values whose `repr` says it all.
            make: computes the result.
            weigh: its size in bytes.
            room: what the stage may hold; nothing but the whole cache limits it when None.
        """
        key = key_of(stage, inputs)
        with self._lock:
            count = self._counts.setdefault(stage, _Count())
            entry = self._entries.get(key)
            if entry is not None:
                count.hits += 1
                count.saved_s += entry.seconds
                entry.worth = self._age + entry.seconds / entry.weight
                self._entries[key] = self._entries.pop(key)  # the last one is the newest
                return entry.value
        began = self.clock()
        value = make()
        seconds = self.clock() - began
        weight = max(1, weigh(value))
        with self._lock:
            count.misses += 1
            self._put(key, _Entry(stage, value, weight, seconds), room)
        return value

    def holds(self, stage: str, inputs: tuple[Any, ...]) -> bool:
        """Whether the result of a stage for these inputs is kept."""
        with self._lock:
            return key_of(stage, inputs) in self._entries

    def report(self) -> CacheReport:
        """How the cache stands. Any thread."""
        with self._lock:
            stages = []
            for name, count in self._counts.items():
                held = [entry.weight for entry in self._entries.values() if entry.stage == name]
                stages.append(StageReport(name, len(held), sum(held), count.hits, count.misses, count.saved_s))
            return CacheReport(tuple(stages), self.limit_bytes)

    def clear(self, *stages: str) -> int:
        """Forget the results of these stages, of all when none is named; the bytes that they held."""
        with self._lock:
            gone = [key for key, entry in self._entries.items() if not stages or entry.stage in stages]
            freed = sum(self._entries.pop(key).weight for key in gone)
            self._bytes -= freed
            return freed

    @property
    def bytes(self) -> int:
        """What is held now. Any thread."""
        return self._bytes

    def resize(self, limit_bytes: int) -> int:
        """Hold no more than this from now on; the bytes that are free by that."""
        with self._lock:
            before = self._bytes
            self.limit_bytes = limit_bytes
            self._shrink()
            return before - self._bytes

    def _put(self, key: str, entry: _Entry, room: Room | None) -> None:
        """Keep an entry; one that is larger than the whole cache, or than its stage's room, is not kept."""
        if entry.weight > (self.limit_bytes if room is None else min(self.limit_bytes, room.bytes)):
            return
        if room is not None:
            self._make_room(entry, room)
        entry.worth = self._age + entry.seconds / entry.weight
        self._bytes += entry.weight
        self._shrink()
        self._entries[key] = entry

    def _make_room(self, entry: _Entry, room: Room) -> None:
        """Let the longest unused of a stage go, until another one fits in its room."""
        oldest = [key for key, known in self._entries.items() if known.stage == entry.stage]
        held = sum(self._entries[key].weight for key in oldest)
        while oldest and (len(oldest) >= room.entries or held + entry.weight > room.bytes):
            gone = self._entries.pop(oldest.pop(0))
            held -= gone.weight
            self._bytes -= gone.weight

    def _shrink(self) -> None:
        while self._bytes > self.limit_bytes and self._entries:
            gone = self._entries.pop(min(self._entries, key=lambda one: self._entries[one].worth))
            self._age = max(self._age, gone.worth)
            self._bytes -= gone.weight


def key_of(stage: str, inputs: tuple[Any, ...]) -> str:
    """The name of a stage's result: a hash over everything that went in."""
    return hashlib.sha256(repr((stage, inputs)).encode()).hexdigest()
