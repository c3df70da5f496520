"""One thread for work beside the widgets: the newest urgent thing first, then the rest in order; knows no widget."""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref
from collections.abc import Callable, Hashable

from lab.jobs.own_log import OWN_LOG

_log = logging.getLogger("lab.widgets")
Work = Callable[[], None]
_AT_EXIT_S = 30.0
"""How long a script that ends waits for what is at work: a library may be read. Jupyter kills a kernel after 5 s."""
_BEGUN: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


@atexit.register
def _wait_for_all() -> None:
    """Wait for what is at work: a thread within a library's C++, when Python ends below it, aborts the process."""
    end = time.monotonic() + _AT_EXIT_S
    for thread in [*_BEGUN]:
        if thread.is_alive():  # one that could not start cannot be waited for
            thread.join(max(0.0, end - time.monotonic()))


class BackgroundQueue:
    """Does work on a thread of its own, which ends when nothing is left and begins anew when something comes.

    Any thread may call. What is running is never interrupted; only what waits can be replaced.

    Args:
        name: of the thread.
        rest: called on the thread whenever nothing is left.
        log: the file of the lab that the work is for, to which alone it is logged; to those of all labs when empty.
    """

    def __init__(self, name: str, rest: Work = lambda: None, log: str = "") -> None:
        self._name, self._rest, self._log = name, rest, log
        self._lock = threading.Lock()
        self._urgent: Work | None = None
        self._waiting: dict[Hashable, Work] = {}
        self._running = self._closed = False

    def run_next(self, work: Work) -> None:
        """Do this next; it replaces urgent work that has not begun."""
        self._add(urgent=work)

    def add(self, key: Hashable, work: Work) -> None:
        """Do this after all else; it replaces waiting work of the same key, at its place."""
        self._add(waiting={key: work})

    def clear(self) -> None:
        """Forget all that waits; what is running goes on."""
        with self._lock:
            self._urgent = None
            self._waiting.clear()

    def close(self) -> None:
        """Forget all that waits, and take nothing more; does not wait for what is running."""
        with self._lock:
            self._closed = True
        self.clear()

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or waits."""
        with self._lock:
            return not self._running

    def _add(self, *, urgent: Work | None = None, waiting: dict[Hashable, Work] | None = None) -> None:
        with self._lock:
            if self._closed:
                return
            self._urgent = urgent or self._urgent
            self._waiting |= waiting or {}
            if self._running:
                return
            self._running = True
        try:
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            _BEGUN.add(thread)
            thread.start()
        except RuntimeError:  # no more threads: what waits is done by the next that can begin
            with self._lock:
                self._running = False
            raise

    def _run(self) -> None:
        OWN_LOG.set(self._log)
        rested = False
        while True:
            with self._lock:
                work = self._taken()
                if work is None and rested:
                    self._running = False
                    return
            rested = work is None
            try:
                (work or self._rest)()
            except BaseException:  # SystemExit too: the thread is not its own
                _log.exception("work on the thread %s failed", self._name)

    def _taken(self) -> Work | None:
        """The next work, taken out of what waits; under the lock."""
        if self._urgent is not None:
            work, self._urgent = self._urgent, None
            return work
        return self._waiting.pop(next(iter(self._waiting))) if self._waiting else None
