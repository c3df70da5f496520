"""Waits for one job of an endpoint: how often it is looked at, what is said meanwhile, when waiting is in vain."""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lab.cloud.endpoint import Endpoint, Health, JobStatus, Unreachable
from lab.core.errors import BadInput, EndpointFailed
from lab.core.picture import Picture
from lab.core.reporter import Reporter

_MOST_PER_S = 100
"""Looks of all jobs together: half of Runpod's limit of 2000 in ten seconds."""
_SLICE_S = 0.2
"""How often a job that waits looks whether it was cancelled."""


@dataclass(frozen=True)
class Pace:
    """Seconds: of looking at a job, and of patience.

    Args:
        first_s: between two looks, at first and while it is drawn.
        longest_s: between two looks while it is in the queue.
        health_s: between two looks at the workers, of all jobs together.
        no_workers_s: without any worker, after which no more is hoped for; a cold start takes minutes.
        crashing_s: the same, where workers come and crash.
        unreachable_s: without an answer, after which the job is left to itself.
    """

    first_s: float = 0.5
    longest_s: float = 5.0
    health_s: float = 5.0
    no_workers_s: float = 300.0
    crashing_s: float = 60.0
    unreachable_s: float = 600.0


class Waiting:
    """Waits for the jobs of one endpoint, each on a thread of its own."""

    def __init__(self, endpoint: Endpoint, name: str, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._endpoint, self._name, self._pace, self._clock = endpoint, name, pace, clock
        self._lock = threading.Lock()
        self._count = 0
        self._health = Health()
        self._health_at = float("-inf")

    def wait(self, job: str, reporter: Reporter) -> JobStatus:
        """The last state of a job.

        Raises:
            Stopped: from the reporter.
            JobGone: when Runpod knows it no more.
            Unreachable: when Runpod did not answer for too long; the job goes on.
            EndpointFailed: when no worker will ever draw it.
        """
        with self._lock:
            self._count += 1
        try:
            return self._waited(job, reporter)
        finally:
            with self._lock:
                self._count -= 1

    def health(self) -> Health:
        """What was said of the workers lately. Errors as for `Endpoint.health`."""
        with self._lock:
            now = self._clock()
            is_due = now - self._health_at >= self._pace.health_s
            if is_due:
                self._health_at = now
        if is_due:
            self._health = self._endpoint.health()
        return self._health

    def _waited(self, job: str, reporter: Reporter) -> JobStatus:
        pause_s, state = self._pace.first_s, ""
        answered_at = alive_at = self._clock()
        while True:
            try:
                status = self._endpoint.status(job)
                answered_at = self._clock()
                if status.is_final:
                    return status
                if status.state != state:
                    pause_s, state = self._pace.first_s, status.state
                if state == "IN_PROGRESS":
                    alive_at, pause_s = self._clock(), self._pace.first_s
                    _tell(status.output, reporter)
                else:
                    alive_at = self._look_at_workers(alive_at, reporter)
            except Unreachable as error:
                if self._clock() - answered_at > self._pace.unreachable_s:
                    raise
                reporter.progress(f"{error}; the job goes on there")
            self._pause(max(pause_s, self._count / _MOST_PER_S), reporter)
            pause_s = min(1.3 * pause_s, self._pace.longest_s)

    def _look_at_workers(self, alive_at: float, reporter: Reporter) -> float:
        """Say what a queued job waits for; when a worker was last alive."""
        health, now = self.health(), self._clock()
        reporter.progress(health.waits_for)
        if health.is_alive or health.count("throttled"):
            return now
        if health.count("unhealthy") and now - alive_at > self._pace.crashing_s:
            msg = f"the workers of endpoint {self._name} crash when they start: their logs in Runpod's console say why"
            raise EndpointFailed(msg)
        if now - alive_at > self._pace.no_workers_s:
            msg = (
                f"no worker of endpoint {self._name} came up in {self._pace.no_workers_s / 60:.0f} minutes: its max "
                "workers may be 0, which Runpod sets after 7 idle days; set them in the console"
            )
            raise EndpointFailed(msg)
        return alive_at

    def _pause(self, seconds: float, reporter: Reporter) -> None:
        end = self._clock() + seconds
        while (left := end - self._clock()) > 0:
            reporter.check()
            time.sleep(min(_SLICE_S, left))
        reporter.check()


def _tell(output: Any, reporter: Reporter) -> None:
    """Hand on the progress of a job; whatever else an endpoint says is passed over."""
    if not isinstance(output, dict) or not isinstance(output.get("stage"), str):
        reporter.progress("drawing")
        return
    step, steps, preview = output.get("step"), output.get("steps"), output.get("preview")
    counted = (step, steps) if isinstance(step, int) and isinstance(steps, int) else (0, 0)
    reporter.progress(output["stage"][:80], *counted)
    if isinstance(preview, str):
        with suppress(BadInput, binascii.Error, ValueError):
            reporter.preview(lambda: Picture.of(base64.b64decode(preview, validate=True)))
