"""Keeps libraries that print and warn while they work out of whatever cell runs then; knows no library.

Any number of blocks may overlap, on any threads, and end in any order: what was there before them is there after the
last. (`warnings.catch_warnings` saves and restores, so that of two that overlap the one that ends last brings back what
the other one had set.)
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

_LOCK = threading.RLock()


class LibraryLogging(Protocol):
    """What diffusers' and transformers' `utils.logging` have."""

    def get_verbosity(self) -> int:
        """The level below which nothing is written."""
        ...

    def set_verbosity(self, verbosity: int) -> None:
        """Change that level."""
        ...

    def set_verbosity_error(self) -> None:
        """Write errors only."""
        ...

    def is_progress_bar_enabled(self) -> bool:
        """Whether bars are shown."""
        ...

    def enable_progress_bar(self) -> None:
        """Show bars."""
        ...

    def disable_progress_bar(self) -> None:
        """Show none."""
        ...


class _Shared:
    """A state of the whole process that holds while anybody wants it: begun by the first, ended by the last."""

    def __init__(self, begin: Callable[[], Callable[[], None]]) -> None:
        self._begin, self._wanted_by, self._end = begin, 0, lambda: None

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """While this lasts, it holds."""
        with _LOCK:
            if not self._wanted_by:
                self._end = self._begin()
            self._wanted_by += 1
        try:
            yield
        finally:
            with _LOCK:
                self._wanted_by -= 1
                if not self._wanted_by:
                    self._end()


_QUIET_THREADS: Counter[int] = Counter()
"""How many blocks want each thread quiet."""


class _Deaf:
    """A stream that drops what quiet threads write, and passes on what the others do."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if _QUIET_THREADS[threading.get_ident()]:
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _ignoring(message: str) -> Callable[[], Callable[[], None]]:
    """What begins to ignore warnings whose text begins with that regular expression, and gives what ends it."""

    def begin() -> Callable[[], None]:
        warnings.filterwarnings("ignore", message)
        own = warnings.filters[0]

        def end() -> None:
            warnings.filters[:] = [one for one in warnings.filters if one is not own]  # pyright: ignore[reportIndexIssue]

        return end

    return begin


def _deafen() -> Callable[[], None]:
    """Begins to drop what quiet threads print."""
    deaf = {name: _Deaf(getattr(sys, name)) for name in ("stdout", "stderr")}
    for name, stream in deaf.items():
        setattr(sys, name, stream)

    def end() -> None:
        for name, stream in deaf.items():
            if getattr(sys, name) is stream:
                setattr(sys, name, stream._stream)  # noqa: SLF001 - its own

    return end


_NO_WARNINGS = _Shared(_ignoring("(?:)"))
"""Spelt so that it is no filter of anybody else's: of two equal ones `warnings` keeps one."""
_NO_PRINTING = _Shared(_deafen)


@contextmanager
def quiet_thread() -> Iterator[None]:
    """Nothing that this thread prints is seen, and no warning of anybody, until the block ends."""
    own = threading.get_ident()
    with _NO_WARNINGS.wanted(), _NO_PRINTING.wanted():
        with _LOCK:
            _QUIET_THREADS[own] += 1
        try:
            yield
        finally:
            with _LOCK:
                _QUIET_THREADS[own] -= 1
                if not _QUIET_THREADS[own]:
                    del _QUIET_THREADS[own]


def _below_errors(libraries: tuple[LibraryLogging, ...]) -> Callable[[], Callable[[], None]]:
    """What begins to keep these libraries from bars and from messages below an error, and gives what ends it."""

    def begin() -> Callable[[], None]:
        before = [(one, one.get_verbosity(), one.is_progress_bar_enabled()) for one in libraries]
        for library, _, _ in before:
            library.set_verbosity_error()
            library.disable_progress_bar()

        def end() -> None:
            for library, level, has_bars in before:
                library.set_verbosity(level)
                if has_bars:
                    library.enable_progress_bar()

        return end

    return begin


class QuietLibraries:
    """Keeps libraries from writing bars and advice, whoever of several wants that, for how long.

    `quiet = QuietLibraries(diffusers_logging, transformers_logging)`, then `with quiet():`.

    Args:
        libraries: their `utils.logging`.
        ignored: what the warnings begin with that are ignored meanwhile, as a regular expression; none when empty.
    """

    def __init__(self, *libraries: LibraryLogging, ignored: str = "") -> None:
        self._levels = _Shared(_below_errors(libraries))
        self._warnings = _Shared(_ignoring(ignored)) if ignored else None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """No bars and no messages below an error; as it was before, once nobody wants it so any more."""
        with self._levels.wanted(), self._warnings.wanted() if self._warnings else nullcontext():
            yield
