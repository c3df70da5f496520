"""Which log file the work on a thread belongs to; knows no file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

OWN_LOG: ContextVar[str] = ContextVar("OWN_LOG", default="")
"""The log file of the lab whose worker this thread is, as its path; empty where that is nobody's."""


@contextmanager
def logging_to(name: str) -> Iterator[None]:
    """While this lasts, what this thread logs is for that file alone: it may be a library's, or a cell's."""
    before = OWN_LOG.set(name)
    try:
        yield
    finally:
        OWN_LOG.reset(before)
