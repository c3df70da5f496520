"""How a running job reports: at most ten times a second, and only until it is cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.core.errors import Stopped
from lab.core.events import Event, Preview, Progress
from lab.core.picture import Picture
from lab.jobs.job import Work

_INTERVAL_S = 0.1
"""Ten events a second at most: more are neither seen nor carried well by a slow line."""


class ThrottledReporter:
    """The line from a running engine to its job. Steps and previews are merged to 10 Hz; a new stage always passes."""

    def __init__(self, job: Work[Any], publish: Callable[[Event], None], clock: Callable[[], float]) -> None:
        self._job = job
        self._publish = publish
        self._clock = clock
        self._stage = ""
        self._progress_at = self._preview_at = float("-inf")

    def check(self) -> None:
        """Call between any two pieces of work.

        Raises:
            Stopped: when the job was cancelled.
        """
        if self._job.is_cancelling:
            msg = f"job {self._job.number} was cancelled"
            raise Stopped(msg)

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        """Say how far it is, and stop here when the job was cancelled."""
        self.check()
        now = self._clock()
        if stage != self._stage or now - self._progress_at >= _INTERVAL_S:
            self._stage, self._progress_at = stage, now
            self._publish(Progress(self._job.number, stage, step, steps))

    def preview(self, make: Callable[[], Picture]) -> None:
        """Show a rough picture; `make` is called only when one is due."""
        now = self._clock()
        if now - self._preview_at >= _INTERVAL_S:
            self._preview_at = now
            self._publish(Preview(self._job.number, make()))
