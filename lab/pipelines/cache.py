"""Results of stages, named by everything that went in, so that nothing is computed twice; knows no stage."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True)
class CacheReport:
    """How the cache stands: entries held and their bytes, and how often a stage was found or had to run."""

    entries: int
    bytes: int
    hits: int
    misses: int


class StageCache:
    """Least recently used goes first, once the entries weigh more than `limit_bytes`. One thread only: the worker's."""

    def __init__(self, limit_bytes: int = 256 * 2**20) -> None:
        self._limit_bytes = limit_bytes
        self._entries: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._bytes = self._hits = self._misses = 0

    def get(self, stage: str, inputs: tuple[Any, ...], make: Callable[[], _T], weigh: Callable[[_T], int]) -> _T:
        """The result of a stage for these inputs: the kept one, or a new one.

        Args:
            stage: name of the stage.
            inputs: everything that can change the result, as values whose `repr` says it all.
            make: computes the result.
            weigh: its size in bytes.
        """
        key = hashlib.sha256(repr((stage, inputs)).encode()).hexdigest()
        if key in self._entries:
            self._hits += 1
            self._entries.move_to_end(key)
            return self._entries[key][0]
        self._misses += 1
        value = make()
        weight = weigh(value)
        self._entries[key] = (value, weight)
        self._bytes += weight
        while self._bytes > self._limit_bytes and len(self._entries) > 1:
            _, (_, dropped) = self._entries.popitem(last=False)
            self._bytes -= dropped
        return value

    def report(self) -> CacheReport:
        """How the cache stands."""
        return CacheReport(len(self._entries), self._bytes, self._hits, self._misses)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._bytes = 0
