"""What whoever makes a picture may tell and ask meanwhile: progress, previews, and whether to stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, runtime_checkable

import numpy as np

from lab.core.picture import Picture

_PIXELS_AT_ONCE = 1_000_000
"""So many are worked on between two looks: hundredths of a second each, and what the processor's caches like best."""


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


def bands(*arrays: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Some rows of every array, all of one height, from top to bottom; looks before each whether they are still wanted.

    Raises:
        Stopped: as `check_wanted`.
    """
    rows = max(1, _PIXELS_AT_ONCE // max(1, arrays[0].shape[1]))
    for top in range(0, len(arrays[0]), rows):
        check_wanted()
        yield tuple(array[top : top + rows] for array in arrays)


def by_rows(work: Callable[..., np.ndarray], *arrays: np.ndarray) -> np.ndarray:
    """What `work` makes of arrays of one height, a band after the other; it must look at each pixel by itself.

    Raises:
        Stopped: as `check_wanted`.
    """
    made, top = np.empty(0), 0
    for parts in bands(*arrays):
        part = work(*parts)
        if top == 0:
            made = np.empty((len(arrays[0]), *part.shape[1:]), part.dtype)
        made[top : top + len(part)] = part
        top += len(part)
    return made


def with_rows_around(work: Callable[[np.ndarray], np.ndarray], array: np.ndarray, reach: int) -> np.ndarray:
    """As `by_rows`, of one array, for work that looks at so many rows above and below each pixel, such as a blur.

    Raises:
        Stopped: as `check_wanted`.
    """
    made, top = np.empty(0), 0
    for (rows,) in bands(array):
        first, end = max(0, top - reach), top + len(rows)
        part = work(array[first : end + reach])[top - first : end - first]
        if top == 0:
            made = np.empty((len(array), *part.shape[1:]), part.dtype)
        made[top:end] = part
        top = end
    return made


def blur_reach_px(sigma: float) -> int:
    """How many rows OpenCV's Gaussian looks at above and below: four times its sigma in floats, fewer in bytes."""
    return math.ceil(4 * sigma) + 1
