"""What runs and what waits in a lab, seen and changed from outside: `lab.queue`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from lab.core.recipe import Request
from lab.core.sentences.checked_call import checked
from lab.jobs.job import Work
from lab.jobs.worker import Worker


@dataclass(frozen=True)
class QueueEntry:
    """One job that is not done.

    Args:
        number: what its events call it.
        request: what was asked.
        state: whether it runs or waits.
        is_live: whether it is the live picture, which waits behind no other.
        stage: what is done for it now, in words; empty where it waits.
        step: of `steps` in that stage; 0 of 0 outside the denoising loop.
        steps: all of them.
        left_s: seconds that it still takes, once it runs; None before anything is known of such pictures.
        starts_in_s: seconds until it begins; None where that is not known, or nothing that waits begins.
    """

    number: int
    request: Request = field(repr=False)
    state: Literal["running", "waiting"]
    is_live: bool = False
    stage: str = ""
    step: int = 0
    steps: int = 0
    left_s: float | None = None
    starts_in_s: float | None = None


class JobQueue:
    """What runs and waits, in order. Any thread; every call returns at once.

    Args:
        worker: of the lab.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def __repr__(self) -> str:
        jobs = self.jobs
        waiting = sum(one.state == "waiting" for one in jobs)
        return f"<JobQueue {len(jobs) - waiting} running, {waiting} waiting{', paused' * self.is_paused}>"

    @property
    def jobs(self) -> tuple[QueueEntry, ...]:
        """What runs, then what waits, the next one first."""
        running, waiting = self._worker.undone()
        entries = [self._entry(work, "running", left, 0.0) for work, left in running]
        lefts = [left for _, left in running]
        ahead = None if self.is_paused or len(running) > 1 or None in lefts else sum(filter(None, lefts))
        for work, left in waiting:
            entries.append(self._entry(work, "waiting", left, ahead))
            ahead = None if ahead is None or left is None else ahead + left
        return tuple(entries)

    @checked
    def cancel(self, number: int) -> bool:
        """Cancel one job: at once when it waits, before its next step when it runs; False when it is done already."""
        return self._worker.cancel_one(number)

    @checked
    def to_front(self, number: int) -> bool:
        """Let one that waits be the next; False when it does not wait in the queue."""
        return self._worker.to_front(number)

    @property
    def is_paused(self) -> bool:
        """Whether what waits goes on waiting."""
        return self._worker.is_paused

    def pause(self) -> None:
        """Begin nothing that waits until `resume`. What runs goes on, and live pictures come as ever."""
        self._worker.pause(paused=True)

    def resume(self) -> None:
        """Begin what waits again; nothing happens when there is no pause."""
        self._worker.pause(paused=False)

    @staticmethod
    def _entry(
        work: Work[Any], state: Literal["running", "waiting"], left_s: float | None, starts_in_s: float | None
    ) -> QueueEntry:
        said = work.progress
        return QueueEntry(
            work.number,
            work.request,
            state,
            work.is_live,
            said.stage if said else "",
            said.step if said else 0,
            said.steps if said else 0,
            left_s,
            starts_in_s,
        )
