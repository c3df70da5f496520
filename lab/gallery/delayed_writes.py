"""Files that are written a moment after they change, however often they change meanwhile; knows no content."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable

_DELAY_S = 0.5
"""What a kernel that is killed loses at most; one that ends writes everything."""
Later = Callable[[float, Callable[[], None]], object]


def on_a_timer(delay_s: float, act: Callable[[], None]) -> None:
    """Do it on a thread of its own after so many seconds, unless the process has ended."""
    timer = threading.Timer(delay_s, act)
    timer.daemon = True
    timer.start()


class DelayedWrites:
    """Writes what it is given by name, the newest of each name. Any thread may call.

    Args:
        write: writes one; what it raises ends on the timer's thread, so it should not.
        later: does something after so many seconds.
    """

    def __init__(self, write: Callable[[str, bytes], None], later: Later = on_a_timer) -> None:
        self._write, self._later = write, later
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._waiting: dict[str, bytes] = {}
        self._is_timed = False

    def put(self, name: str, content: bytes) -> None:
        """Write this soon, and in any case before the process ends."""
        with self._lock:
            self._waiting[name] = content
            if self._is_timed:
                return
            self._is_timed = True
        atexit.register(self.flush)
        self._later(_DELAY_S, self.flush)

    def get(self, name: str) -> bytes | None:
        """What waits to be written under that name; None when nothing does."""
        with self._lock:
            return self._waiting.get(name)

    def flush(self) -> None:
        """Write all that waits, at once, on this thread."""
        atexit.unregister(self.flush)
        with self._writing:
            with self._lock:
                waiting, self._is_timed = dict(self._waiting), False
            for name, content in waiting.items():
                self._write(name, content)
                with self._lock:
                    if self._waiting.get(name) is content:
                        del self._waiting[name]
