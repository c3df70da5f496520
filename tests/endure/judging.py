"""What is wrong with an answer to a wrong call or command, and how long one may take."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from lab import SketchlabError
from lab.pipelines import word_count  # noqa: F401 - with torch: not on another thread while a call has its time
from tests.fakes import MeasuringEngine

SEED = 24
_PATIENCE_S = 5.0
"""Of the processor; of the clock, which other programs take from, ten times that."""
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")


class LimitedEngine(MeasuringEngine):
    """The same, which hears how much memory it may take."""

    def limit_memory(self, memory_bytes: int | None) -> None:
        assert memory_bytes is None or memory_bytes > 0


@contextmanager
def in_time() -> Iterator[None]:
    """A call that goes on for ever ends here, at fault."""

    def stop(*_: object) -> None:
        msg = "it goes on for ever"
        raise TimeoutError(msg)

    clocks = {signal.ITIMER_PROF: (signal.SIGPROF, _PATIENCE_S), signal.ITIMER_REAL: (signal.SIGALRM, 10 * _PATIENCE_S)}
    before = {number: signal.signal(number, stop) for number, _ in clocks.values()}
    for clock, (_, seconds) in clocks.items():
        signal.setitimer(clock, seconds)
    try:
        yield
    finally:
        for clock, (number, _) in clocks.items():
            signal.setitimer(clock, 0)
            signal.signal(number, before[number])


def fault(error: BaseException) -> str:
    """What is wrong with an error that a person gets to see; empty where nothing is."""
    if not isinstance(error, SketchlabError):
        return f"a foreign {type(error).__name__}"
    return fault_of_words(str(error))


def fault_of_words(said: str) -> str:
    """The same of a sentence."""
    if len(said) >= 200:
        return f"{len(said)} letters"
    if _ADDRESS.search(said):
        return "an address"
    return "" if said and len(said.splitlines()) == 1 else "not one line"
