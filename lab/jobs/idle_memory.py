"""Gives memory that nobody uses back to the machine; knows nothing else.

The C library keeps what was freed between blocks that are in use: after some minutes of pictures of many sizes, a
quarter of what a kernel takes. Taking it again costs more than giving it back, so it is for moments in which nothing is
to do.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache


def give_back_memory() -> None:
    """Give back all that is free; milliseconds. Only glibc has a word for it: elsewhere nothing happens."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # Windows, macOS, musl
        return None
