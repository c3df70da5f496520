"""What one widget has asked its lab for: which jobs are its own, and which picture is on its way."""

from __future__ import annotations

from collections.abc import Callable

from lab.core.events import Cancelled, Event, Failed, Finished, Queued
from lab.core.recipe import Recipe, Request
from lab.jobs import Job, JobState
from lab.session import Lab


class JobTracker:
    """The jobs that one widget asked for; asked for on one thread, heard of on any.

    Args:
        lab: is asked.
        hear: gets the end of a picture that was there before it was asked for.
    """

    def __init__(self, lab: Lab, hear: Callable[[Event], None]) -> None:
        self._lab = lab
        self._hear = hear
        self._asked: Request | None = None
        self._own: set[int] = set()
        self._drawn: Job | None = None
        self._followed: Job | None = None

    def draw(self, request: Request) -> None:
        """Ask for a picture in its turn."""
        self._drawn = self._ask(request, self._lab.submit)

    @property
    def coming(self) -> Recipe | None:
        """What `draw` was asked for last, until its end is settled."""
        return self._drawn.request.recipe if self._drawn is not None and self._drawn.number in self._own else None

    def follow(self, request: Request) -> None:
        """Ask for a picture before all others, instead of the last one of this kind."""
        self._followed = self._ask(request, self._lab.submit_live)

    def stop_following(self) -> None:
        """What follows is not wanted any more; how it ends is nobody's, since nobody waits for it."""
        if self._followed is not None and not self._followed.is_done:
            self._own.discard(self._followed.number)
            self._followed.cancel()

    def hear(self, event: Event) -> bool:
        """Whether an event is of an own job; to be told of every event, once."""
        if isinstance(event, Queued) and event.request is self._asked:  # it comes before the job is in hand
            self._own.add(event.job)
        return event.job in self._own

    def settle(self, event: Event) -> None:
        """What an event brought is on screen; after its end a job is nobody's any more."""
        if isinstance(event, Finished | Failed | Cancelled):
            self._own.discard(event.job)

    def _ask(self, request: Request, submit: Callable[[Request], Job]) -> Job:
        self._asked = request
        job = submit(request)
        if job.request is not request and job.number not in self._own:  # asked for by a widget that is closed now
            self._own.add(job.number)
            if job.state is JobState.FINISHED:
                self._hear(Finished(job.number, job.result()))
        return job
