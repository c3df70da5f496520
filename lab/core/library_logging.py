"""Keeps libraries that print and warn while they work out of whatever cell runs then; knows no library.

Any number of blocks may overlap, on any threads, and end in any order: what was there before them is there after the
last. (`warnings.catch_warnings` saves and restores, so that of two that overlap the one that ends last brings back what
the other one had set. Libraries use it on threads of their own: what is set here must do no harm where it is brought
back.)
"""

from __future__ import annotations

import re
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

_LOCK = threading.RLock()


class LibraryLogging(Protocol):
    """What diffusers' and transformers' `utils.logging` have."""

    def get_verbosity(self) -> int:
        """The level below which nothing is written."""
        ...

    def set_verbosity(self, verbosity: int) -> None:
        """Write only what has this level or a higher one, as of `logging`."""
        ...

    def set_verbosity_error(self) -> None:
        """Write errors only, from now on."""
        ...

    def is_progress_bar_enabled(self) -> bool:
        """Whether bars are shown."""
        ...

    def enable_progress_bar(self) -> None:
        """Show bars of progress, from now on."""
        ...

    def disable_progress_bar(self) -> None:
        """Show no bars of progress, from now on."""
        ...


class SharedState:
    """A state of the whole process that holds while anybody wants it: begun by the first, ended by the last."""

    def __init__(self, begin: Callable[[], Callable[[], None]]) -> None:
        self._begin, self._wanted_by, self._end = begin, 0, lambda: None

    @property
    def is_wanted(self) -> bool:
        """Whether anybody wants the state now. Any thread."""
        return self._wanted_by > 0

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """Begin the state with the first who wants it, and end it with the last. Any thread."""
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


def _is_quiet() -> bool:
    """Whether a block wants the thread that asks quiet."""
    return _QUIET_THREADS[threading.get_ident()] > 0


class _Deaf:
    """A stream that drops what quiet threads write, and passes on what the others do."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if _is_quiet():
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _deafen() -> Callable[[], None]:
    """Begins to drop what quiet threads print, and gives what ends it."""
    before = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    # One of an earlier block may have been brought back, as by `contextlib.redirect_stdout`; it still does.
    deaf = {name: stream if isinstance(stream, _Deaf) else _Deaf(stream) for name, stream in before.items()}
    for name, stream in deaf.items():
        setattr(sys, name, stream)

    def end() -> None:
        for name, stream in deaf.items():
            if getattr(sys, name) is stream:
                setattr(sys, name, stream._stream)  # noqa: SLF001 - its own

    return end


class _Ignored:
    """The pattern of a filter of warnings, of which `warnings` asks `match`: it matches only while it is wanted."""

    def __init__(self, match: Callable[[str], bool]) -> None:
        self.match = match
        self._filter = ("ignore", self, Warning, None, 0)

    def begin(self) -> Callable[[], None]:
        """Begin to ignore what matches, and give what ends it."""
        self._end()
        warnings.filters.insert(0, self._filter)  # pyright: ignore[reportAttributeAccessIssue] it is a list
        return self._end

    def _end(self) -> None:
        warnings.filters[:] = [one for one in warnings.filters if one is not self._filter]  # pyright: ignore[reportIndexIssue]


_NO_WARNINGS = SharedState(_Ignored(lambda _: _is_quiet()).begin)
_NO_PRINTING = SharedState(_deafen)


@contextmanager
def quiet_thread() -> Iterator[None]:
    """Nothing that this thread prints is seen, and none of its warnings, until the block ends."""
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


def _below_errors(library: LibraryLogging) -> Callable[[], Callable[[], None]]:
    """What begins to keep a library from bars and from messages below an error, and gives what ends it."""

    def begin() -> Callable[[], None]:
        level, has_bars = library.get_verbosity(), library.is_progress_bar_enabled()
        library.set_verbosity_error()
        library.disable_progress_bar()

        def end() -> None:
            library.set_verbosity(level)
            if has_bars:
                library.enable_progress_bar()

        return end

    return begin


_BELOW_ERRORS: dict[LibraryLogging, SharedState] = {}
"""One for each library, whoever wants it: of two, the one that ends last would bring back the other one's levels."""


class QuietLibraries:
    """Keeps libraries from writing bars and advice, whoever of several wants that, for how long.

    `quiet = QuietLibraries(diffusers_logging, transformers_logging)`, then `with quiet():`.

    Args:
        libraries: their `utils.logging`.
        ignored: what the warnings begin with that are ignored meanwhile, as a regular expression; none when empty.
    """

    def __init__(self, *libraries: LibraryLogging, ignored: str = "") -> None:
        with _LOCK:
            self._wanted = [_BELOW_ERRORS.setdefault(one, SharedState(_below_errors(one))) for one in libraries]
        if ignored:
            begins = re.compile(ignored, re.IGNORECASE)
            warned = SharedState(_Ignored(lambda text: warned.is_wanted and bool(begins.match(text))).begin)
            self._wanted.append(warned)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """No bars and no messages below an error; as it was before, once nobody wants it so any more."""
        with ExitStack() as stack:
            for one in self._wanted:
                stack.enter_context(one.wanted())
            yield
