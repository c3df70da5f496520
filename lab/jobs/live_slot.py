"""The live slot: one waiting request, the newest; and when it is worth starting. Reads no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lab.jobs.job import Job, Work

_SLOW_S = 1.5
"""Pictures that take longer than this are worth a pause before they start."""
_GRACE_S = 0.25
"""How long the hand must rest before a slow picture starts."""
_LONGEST_WAIT_S = 3.0
"""A hand that never rests gets a picture after this time."""
_MEMORY = 0.3
"""Share of the newest run in the running mean of run times."""

_Kind: TypeAlias = tuple[str, str, str | None, str, int | None]
"""Task, model, acceleration, precision, steps: the quick picture of a sketch and its full one take their own times."""


@dataclass
class LiveSlot:
    """Holds the newest live job, and knows when it is due. Times are seconds of one monotonic clock.

    Fast pictures start at once; slow ones wait until the hand has rested. The same rule as in Krita's live painting:
    pictures above 1.5 s get a grace of 0.25 s, at most 3 s in all.

    A run that has become stale is stopped, but never two in a row: a hand that never rests still sees pictures.
    """

    job: Job | None = None
    mean_s: dict[_Kind, float] = field(default_factory=dict)
    _changed_at: float = 0.0
    _waiting_since: float = 0.0
    _stopped_one: bool = False

    def put(self, job: Job, now: float) -> Job | None:
        """Make this the waiting job; the one it replaces, for its owner to cancel."""
        replaced = self.job
        if replaced is None:
            self._waiting_since = now
        self.job, self._changed_at = job, now
        return replaced

    def due_in(self, now: float) -> float | None:
        """Seconds until the waiting job should start, 0 when now; None when none waits."""
        if self.job is None:
            return None
        if self.mean_s.get(_kind(self.job), 0.0) <= _SLOW_S:
            return 0.0
        due = min(self._changed_at + _GRACE_S, self._waiting_since + _LONGEST_WAIT_S)
        return max(0.0, due - now)

    def take(self) -> Job | None:
        """The waiting job; the slot is empty then."""
        job, self.job = self.job, None
        return job

    def may_stop_stale(self) -> bool:
        """Whether the running live job may be stopped for the waiting one; counts as done when true."""
        if self._stopped_one:
            return False
        self._stopped_one = True
        return True

    def ran(self, job: Work[Any], seconds: float) -> None:
        """Learn how long a finished live picture took."""
        self._stopped_one = False
        before = self.mean_s.get(_kind(job), seconds)
        self.mean_s[_kind(job)] = (1 - _MEMORY) * before + _MEMORY * seconds


def _kind(job: Work[Any]) -> _Kind:
    recipe = job.request.recipe
    return recipe.task, recipe.model, recipe.acceleration, recipe.precision, recipe.steps
