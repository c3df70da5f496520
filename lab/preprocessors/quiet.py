"""Keeps one thread quiet: libraries that print and warn while they load would write into whatever cell runs then."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Deaf:
    """A stream that drops what one thread writes, and passes on what the others do."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._thread = stream, threading.get_ident()

    def write(self, text: str) -> int:
        if threading.get_ident() == self._thread:
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def this_thread_quiet() -> Iterator[None]:
    """Nothing that this thread prints is seen, and no warning of anybody, until the block ends."""
    streams = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    deaf = {name: _Deaf(stream) for name, stream in streams.items()}
    for name, stream in deaf.items():
        setattr(sys, name, stream)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, stream in deaf.items():
            if getattr(sys, name) is stream:
                setattr(sys, name, streams[name])
