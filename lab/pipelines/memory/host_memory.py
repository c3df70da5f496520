"""The memory of this process as the C library deals it out; knows nothing else.

By itself glibc asks the machine for each large array and gives it back at once, so that every layer of a network writes
into pages that the machine must first clear: on two cores a twentieth of a picture of the starter model. So what was
freed is kept while there is work, and given back when there is none: between blocks that are in use it was a quarter of
what a kernel takes, after some minutes of pictures of many sizes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of `mallopt`, as glibc's malloc.h numbers them."""
_KEPT_BYTES = 512 << 20
_FROM_THE_MACHINE_BYTES = 128 << 20
"""Arrays from here on are asked of the machine each by itself: those of 512 x 512 pixels with 64 channels are not."""


@cache
def keep_freed_memory() -> None:
    """Keep what is freed for the next array, from now on. Only glibc has words for it: elsewhere nothing happens."""
    choose = _of_glibc("mallopt")
    if choose is not None:
        choose(_M_MMAP_THRESHOLD, _FROM_THE_MACHINE_BYTES)
        choose(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def give_back_memory() -> None:
    """Give back all that is free; milliseconds. Only glibc has a word for it: elsewhere nothing happens."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


@cache
def _of_glibc(name: str) -> Callable[..., int] | None:
    try:
        return getattr(ctypes.CDLL(None), name) if hasattr(ctypes.CDLL(None), "malloc_trim") else None
    except (OSError, TypeError):  # Windows
        return None
