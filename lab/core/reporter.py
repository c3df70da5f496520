"""What whoever makes a picture may tell and ask meanwhile: progress, previews, and whether to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, runtime_checkable

from lab.core.picture import Picture


@runtime_checkable
class Reporter(Protocol):
    """The line from work in progress to whoever waits for it."""

    def check(self) -> None:
        """Call between any two pieces of work; raises `Stopped` when nobody wants the picture any more."""
        ...

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        """Say how far it is; checks as well."""
        ...

    def preview(self, make: Callable[[], Picture]) -> None:
        """Offer a rough picture; `make` is called only when one is wanted now."""
        ...


class NullReporter(Reporter):
    """Nobody waits: nothing is heard, no preview is made and nothing stops the work."""

    def check(self) -> None:
        """Go on."""

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        """Go on."""

    def preview(self, make: Callable[[], Picture]) -> None:
        """Make no preview, which would take time."""


_WORKING_FOR: ContextVar[Reporter | None] = ContextVar("working for", default=None)


@contextmanager
def working_for(reporter: Reporter) -> Iterator[None]:
    """Meanwhile `check_wanted` asks this reporter, on this thread."""
    before = _WORKING_FOR.set(reporter)
    try:
        yield
    finally:
        _WORKING_FOR.reset(before)


def check_wanted() -> None:
    """For the loops of what works on pixels, which know of no job: call between two pieces that take long.

    Raises:
        Stopped: when nobody wants the picture any more; never outside of `working_for`.
    """
    reporter = _WORKING_FOR.get()
    if reporter is not None:
        reporter.check()
