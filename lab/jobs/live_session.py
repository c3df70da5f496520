"""A picture that follows what is wanted: first a quick one, then the full one; knows neither widget nor lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from lab.core.events import Cancelled, Event, Failed, Finished
from lab.core.recipe import Recipe, Request
from lab.jobs.job import Job


class Submit(Protocol):
    """`Lab.submit` or `Lab.submit_live`: `on_event` hears the events of the job, on whatever thread they come."""

    def __call__(self, request: Request, on_event: Callable[[Event], None] | None = None) -> Job:
        """Ask for a picture; returns at once."""
        ...


class LiveSession:
    """What one Studio asks for: pictures in their turn, and one that follows. Asked on one thread, hears on any.

    Args:
        submit: asks for a picture in its turn.
        submit_live: asks for a picture before all others, instead of the last one of this kind.
        on_event: hears the events of the pictures that are asked for here, until one is not wanted any more.
    """

    def __init__(self, submit: Submit, submit_live: Submit, on_event: Callable[[Event], None]) -> None:
        self._submit, self._submit_live, self._on_event = submit, submit_live, on_event
        self._seen: Recipe | None = None
        self._drawn: _Order | None = None
        self._followed: _Order | None = None
        self._tools: dict[str, int] = {}
        self._is_closed = False

    def draw(self, request: Request) -> None:
        """Put a full picture into the queue, behind what waits there."""
        order = self._drawn = _Order(request, self._hear)
        try:
            self._submit(request, order.hear)
        except BaseException:
            self._drawn = None
            raise

    def shows(self, recipe: Recipe) -> None:
        """The picture of this recipe is on screen, though it was not asked for here: it need not be drawn again."""
        self._seen = recipe

    def follow(self, full: Request | None, quick: Mapping[str, Any], tools: Mapping[str, int]) -> None:
        """Let the picture follow: ask for the quick one, or for the full one where the quick one is there.

        Args:
            full: what is wanted; None when nothing is.
            quick: the settings of a quick picture that differ.
            tools: the functions that the picture is made with, and a number that is another one at each declaration.
        """
        if any(self._tools.get(name, number) != number for name, number in tools.items()):
            self._forget()
        self._tools.update(tools)
        coming = self._drawn.request.recipe if self._drawn else None
        seen = self._seen  # after `coming`: a picture that comes now is one or the other
        if full is None or seen == full.recipe:
            self.stop()
            return
        first = replace(full, recipe=full.recipe.changed(**quick), is_quick=True)
        is_drawn = seen and seen.changed(filters=full.recipe.filters) in (first.recipe, full.recipe)
        # Of what is drawn, only steps or filters are still wanted; and without more steps to come nothing is quick.
        wanted = full if is_drawn or first.recipe == full.recipe else first
        if wanted.recipe != coming:
            self._ask(wanted)

    def stop(self) -> None:
        """What follows is not wanted any more; how it ends is nobody's, since nobody waits for it."""
        order = self._followed
        if order is not None and order.job is not None and not order.job.is_done:
            order.is_wanted = False
            order.job.cancel()

    def close(self) -> None:
        """Hear nothing more; what is asked for goes on."""
        self._is_closed = True

    def _ask(self, request: Request) -> None:
        """Ask for the live picture; of one that is asked for already, hear each event once."""
        order = self._followed
        if order is None or not order.is_wanted or order.request.recipe != request.recipe:
            order = self._followed = _Order(request, self._hear)
        order.job = self._submit_live(order.request, order.hear)

    def _forget(self) -> None:
        """What there is was made with functions that are gone."""
        if self._drawn is not None:  # it is on its way, and will be shown, but is not what is wanted now
            self._drawn.is_outdated, self._drawn = True, None
        self._seen, order = None, self._followed
        if order is not None and order.job is not None:
            order.is_wanted = False
            order.job.cancel()  # also when it is done: so it is not handed out again

    def _hear(self, order: _Order, event: Event) -> None:
        if self._is_closed or not order.is_wanted:
            return
        if isinstance(event, Finished) and not order.is_outdated:
            self._seen = order.request.recipe  # as it was asked for: what was drawn may say more
        if isinstance(event, Finished | Failed | Cancelled) and order is self._drawn:
            self._drawn = None
        self._on_event(event)


@dataclass(eq=False)
class _Order:
    """A picture that was asked for."""

    request: Request
    told: Callable[[_Order, Event], None]
    is_wanted: bool = True
    is_outdated: bool = False
    job: Job | None = None

    def hear(self, event: Event) -> None:
        """An event of its job."""
        self.told(self, event)
