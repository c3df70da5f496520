"""What runs and what waits, with a button for each, and several seeds at once; asks for none itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from ipywidgets import Layout

from lab.core.events import Event, Preview, Queued
from lab.core.recipe import Request
from lab.jobs import JobQueue
from lab.jobs.job_queue import QueueEntry
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import BoundedIntText, Box, Button, HBox, Image, Laid, PostedLayout, ToggleButton, VBox
from widgets.base.thread_safe import ThreadSafe
from widgets.gallery.thumbnails import thumbnail
from widgets.panel.fields import Said

_MOST_SEEDS = 100
_LINES = 8
"""Jobs that are shown; of more, their number."""
_SOON_S = 0.1
"""Between an event and the queue that has it."""
_THUMBNAIL_PX = 56
"""Twice what it is high on the page."""
_LETTERS = 48
"""Letters of a prompt that are shown."""


class _Button(ThreadSafe, Button):
    """A button that events switch off."""


class _Pause(ThreadSafe, ToggleButton):
    """Pressed while the queue is paused, by whomever."""


class _Thumbnail(ThreadSafe, Image):
    """What a picture is made of, small."""


class Seeds(NamedTuple):
    """How many pictures, and the button that draws them."""

    many: BoundedIntText
    draw: Button


class QueuePanel(Laid, VBox):
    """A line for each job, cancelled or let ahead by itself; pause, cancel all, and so many seeds at once.

    Args:
        queue: of the lab.
        cancel_all: called by the button that cancels everything.
        draw_seeds: called with how many pictures are wanted, of the seed that is set and those after it; None where
            no seed counts.
    """

    def __init__(
        self, queue: JobQueue, cancel_all: Callable[[], None], draw_seeds: Callable[[int], None] | None
    ) -> None:
        self._queue, self._work = queue, BackgroundQueue("lines of the queue")
        self._again: threading.Timer | None = None
        self._tell: Callable[[str], None] = lambda _: None
        self._rows = [_Row(queue.cancel, self._let_ahead) for _ in range(_LINES)]
        self.seeds = _seeds(draw_seeds) if draw_seeds is not None else None
        self.pause = _Pause(description="Pause", icon="pause", tooltip="Begin nothing that waits; live goes on")
        self.pause.observe(lambda _: self._pause(), names="value")
        self._cancel_all = _Button(description="Cancel all", icon="times", tooltip="Cancel all, running and waiting")
        self._cancel_all.on_click(lambda _: cancel_all())
        self._said = Said()
        self._more = Said()
        self._more.layout = Layout(order=str(_LINES + 1))
        head = Box([*(self.seeds or ()), self.pause, self._cancel_all])
        head.add_class("sketchlab-queue-head")
        super().__init__([head, self._said, *self._rows, self._more])
        self.add_class("sketchlab-queue")
        self._look()

    @property
    def lines(self) -> list[str]:
        """What is said of each job, in their order, of the first that there are."""
        return [row.said.value for row in sorted(self._rows, key=lambda row: row.place) if row.number]

    def on_change(self, callback: Callable[[str], None]) -> None:
        """Call back with how many jobs there are, in a word, when that is another; on any thread. One callback."""
        self._tell = callback

    def hear(self, event: Event) -> None:
        """Look again after an event of any job. Any thread; returns at once."""
        if isinstance(event, Queued):  # told of before it stands there
            self._look_again_soon()
        if not isinstance(event, Preview):
            self.refresh()

    def refresh(self) -> None:
        """Look again; returns at once."""
        self._work.run_next(self._look)

    def close(self) -> None:
        """Look no more; an event that comes later changes nothing."""
        self._work.close()
        super().close()

    def _look_again_soon(self) -> None:
        if self._again is None:
            self._again = threading.Timer(_SOON_S, self._look_again)
            self._again.daemon = True
            self._again.start()

    def _look_again(self) -> None:
        self._again = None  # first: one that is told of meanwhile is looked for once more
        self.refresh()

    def _pause(self) -> None:
        (self._queue.pause if self.pause.value else self._queue.resume)()
        self.refresh()

    def _let_ahead(self, number: int) -> None:
        self._queue.to_front(number)
        self.refresh()

    def _look(self) -> None:
        """What there is now. On the queue; the lines are there from the beginning, so that nothing is made here."""
        entries = self._queue.jobs
        seen = {entry.number: (place, entry) for place, entry in enumerate(entries[:_LINES], 1)}
        for row in self._rows:  # a job stays on its line, so that no click meets another one
            row.show(*seen.pop(row.number, (0, None)))
        for row in self._rows:
            if not row.number and seen:
                row.show(*seen.pop(next(iter(seen))))
        more = len(entries) - _LINES
        self._more.post(value=f"and {more} more" if more > 0 else "")
        self._cancel_all.post(disabled=not entries)
        self._said.post(value="" if entries else "Nothing runs or waits.")
        with self.pause.guard:  # else a press between the look and the change would be undone
            self.pause.post(value=self._queue.is_paused)
        held = "paused" if self._queue.is_paused else ""
        self._tell(", ".join(filter(None, [str(len(entries) or ""), held])))


class _Row(HBox):
    """One job, or none: then it is not seen."""

    def __init__(self, cancel: Callable[[int], Any], to_front: Callable[[int], Any]) -> None:
        self.number = self.place = 0
        self.said = Said("line")
        self._seen = ""
        """The hash of what the thumbnail shows."""
        self._pictured = PostedLayout(display="none")
        self.thumbnail = _Thumbnail(format="webp", layout=self._pictured)
        self.thumbnail.add_class("sketchlab-queue-thumbnail")
        self.front = _Button(icon="arrow-up", tooltip="Let this one be the next")
        self.cancel = _Button(icon="times", tooltip="Cancel this one")
        self.front.on_click(lambda _: to_front(self.number))
        self.cancel.on_click(lambda _: cancel(self.number))
        self._shown = PostedLayout(display="none")
        super().__init__([self.thumbnail, self.said, self.front, self.cancel], layout=self._shown)
        self.add_class("sketchlab-row-head")

    def show(self, place: int, entry: QueueEntry | None) -> None:
        """Say how a job is, at this place among the others; nothing for None. Any thread."""
        self.number, self.place = entry.number if entry else 0, place
        self._shown.post(display=None if entry else "none", order=str(place))
        if entry is None:
            return
        recipe = entry.request.recipe
        words = recipe.prompt if len(recipe.prompt) <= _LETTERS else f"{recipe.prompt[: _LETTERS - 1]}…"
        name = "Live" if entry.is_live else f"#{entry.number}"
        about = " ".join(filter(None, [recipe.task.replace("_", " "), words and f"“{words}”"]))
        said = f"{name} · seed {recipe.seed} · {_state(entry)} · {about}"
        self.said.post(value=said, tooltip=said)
        self.front.post(tooltip=f"Let {name} be the next", disabled=entry.is_live or entry.state == "running")
        self.cancel.post(tooltip=f"Cancel {name}")
        self._show_source(entry.request)

    def _show_source(self, request: Request) -> None:
        """What it is made of: its picture, scene, sketch or control; nothing where words are all."""
        recipe = request.recipe
        named = [recipe.scene, recipe.image, *(one.picture for one in (*recipe.controls, *recipe.references))]
        name = next(filter(None, named), "")
        if name != self._seen:
            self._seen = name
            self.thumbnail.post(value=thumbnail(request.pictures[name], _THUMBNAIL_PX) if name else b"")
            self._pictured.post(display=None if name else "none")


def _seeds(draw_seeds: Callable[[int], None]) -> Seeds:
    many = BoundedIntText(4, min=1, max=_MOST_SEEDS, description="Seeds", tooltip="How many pictures to draw")
    many.style.description_width = "initial"
    draw = Button(description="Draw them", tooltip="Draw this seed and those after it, one picture each")
    draw.on_click(lambda _: draw_seeds(many.value))
    return Seeds(many, draw)


def _state(entry: QueueEntry) -> str:
    """How far a job is, and how long it takes as far as anybody knows."""
    if entry.state == "waiting":
        return f"waits, begins in {_time(entry.starts_in_s)}" if entry.starts_in_s else "waits"
    step = f"step {entry.step} of {entry.steps}" if entry.steps else entry.stage or "runs"
    return f"{step}, {_time(entry.left_s)} left" if entry.left_s is not None else step


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
