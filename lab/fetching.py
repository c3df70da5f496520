"""Weights that come while drawing goes on: how much, how fast, and how to stop it. On a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lab.core.errors import SketchlabError, Stopped
from lab.core.reporter import NullReporter
from lab.core.sentences.checked_call import Listed, checked
from lab.fetch import Item, items

_log = logging.getLogger("lab")
_WINDOW_S = 5.0
"""The speed is that of the last seconds: that of all would lag behind a line that has become slow."""


_ON_THEIR_WAY: list[Fetching] = []


def on_their_way() -> tuple[Fetching, ...]:
    """What is being fetched in this kernel, oldest first, whoever asked for it."""
    return tuple(_ON_THEIR_WAY)


class FetchProgress(NamedTuple):
    """How much has come.

    Args:
        what: is fetched, how large it is and on what terms, in words.
        mb: MB (10^6 bytes) that are here.
        of_mb: of how many; 0 until that is known.
        mb_per_s: of the last seconds; None at the beginning.
        left_s: seconds until all is here, at that speed; None where it is not known.
    """

    what: str = ""
    mb: int = 0
    of_mb: int = 0
    mb_per_s: float | None = None
    left_s: float | None = None


class Fetching:
    """Weights on their way. Begins at once; any thread may look at it or cancel it.

    What came before a cancel stays, and the next try goes on from there. Terms that must be accepted are not asked for
    here: without `lab.hub.acceptance.accept(name)` the error says so.

    Args:
        names: as `python -m lab fetch` takes them: "sdxl", "controlnet:canny", "lora:owner/name:file".
        family: of a model that is in no catalogue.
        on_change: hears of every change, and once more at the end, on the thread that fetches; must return at once.
        clock: seconds, monotonic.

    Raises:
        BadInput: when a name stands for nothing.
    """

    @checked
    def __init__(
        self,
        names: Listed[str],
        *,
        family: str | None = None,
        on_change: Callable[[FetchProgress], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.progress = FetchProgress()
        self.error = ""
        self.is_cancelled = False
        self.names, self.family = tuple(names), family
        self._listeners = [on_change]
        self._done = threading.Event()
        self._heard = _Heard(self, clock)
        wanted = items(names, family=family)
        _ON_THEIR_WAY.append(self)
        threading.Thread(target=self._fetch, args=(wanted,), name="lab-fetch", daemon=True).start()

    def __repr__(self) -> str:
        said = self.error or ("done" if self.is_done else f"{self.progress.mb} of {self.progress.of_mb} MB")
        return f"<Fetching {said}>"

    @property
    def is_done(self) -> bool:
        """Whether it ended: all is here, it was cancelled, or `error` says why not."""
        return self._done.is_set()

    @checked
    def listen(self, on_change: Callable[[FetchProgress], None]) -> Callable[[], None]:
        """Let one more hear of every change, as the first does; the answer ends that."""
        self._listeners.append(on_change)

        def end() -> None:
            if on_change in self._listeners:
                self._listeners.remove(on_change)

        return end

    def cancel(self) -> None:
        """Stop before the next bytes; what came stays."""
        self.is_cancelled = True

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for its end; False when it goes on after so many seconds. For scripts, never in a cell."""
        return self._done.wait(timeout_s)

    def tell(self, progress: FetchProgress) -> None:
        """Show how much has come; by the thread that fetches."""
        self.progress = progress
        self._call_back()

    def _fetch(self, wanted: Sequence[Item]) -> None:
        try:
            for item in wanted:
                item.get(self._heard)
        except Stopped:
            self.is_cancelled = True
        except SketchlabError as error:
            self.error = str(error)
        except BaseException as error:  # a thread has nobody else who hears of it
            _log.exception("weights could not be fetched")
            self.error = f"something broke while weights were fetched ({type(error).__name__}: {error}); see the log"
        finally:
            _ON_THEIR_WAY.remove(self)
            self._done.set()
            self._call_back()

    def _call_back(self) -> None:
        for listener in [*self._listeners]:
            try:
                listener(self.progress)
            except Exception:
                _log.exception("somebody could not be told how much has come")


class _Heard(NullReporter):
    """Hears how much has come, and stops it."""

    def __init__(self, fetching: Fetching, clock: Callable[[], float]) -> None:
        self._fetching = fetching
        self._clock = clock
        self._what = ""
        self._came: deque[tuple[float, int]] = deque()

    def check(self) -> None:
        """As `Reporter` says."""
        if self._fetching.is_cancelled:
            msg = "the fetching was cancelled"
            raise Stopped(msg)

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        """As `Reporter` says: `step` of `steps` MB."""
        self.check()
        now = self._clock()
        if stage != self._what:
            self._what = stage
            self._came.clear()
        self._came.append((now, step))
        while len(self._came) > 2 and now - self._came[0][0] > _WINDOW_S:
            self._came.popleft()
        begin, had = self._came[0]
        speed = (step - had) / (now - begin) if now > begin and step > had else None
        left = (steps - step) / speed if speed and steps else None
        self._fetching.tell(FetchProgress(stage, step, steps, speed, left))
