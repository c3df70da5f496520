"""What the worker does now, in one line, with a Cancel button; knows events and no pictures."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Callable

from ipywidgets import Layout

from lab.core.events import AT_ONCE_S, Cancelled, Event, Failed, Finished, Progress, Queued, Started
from lab.core.sentences.checked_call import checked
from widgets.base.bare import HTML, Button, FloatProgress, HBox, Laid, PostedLayout, VBox
from widgets.base.page_words import html_for_page
from widgets.base.thread_safe import ThreadSafe

_QUIET_S = 10.0
"""So long a drawing goes on before a screen reader hears how far it is, and between two such sentences."""
_STAGES = {
    "starting": "Starting the engine",
    "downloading": "Downloading",
    "loading": "Loading the model",
    "ready": "Ready",
    "control": "Making the control map",
    "words": "Reading the words",
    "steps": "Drawing",
    "picture": "Developing the picture",
    "cut-out": "Cutting out",
    "upscaling": "Upscaling",
}


class _Line(ThreadSafe, HTML):
    """A sentence."""


class _Progress(ThreadSafe, FloatProgress):
    """The bar: 0..1."""


class _Cancel(ThreadSafe, Button):
    """The button."""


@checked
class JobBar(Laid, VBox):
    """How far the own job is, for how many others it waits, a button that cancels everything, and what went wrong.

    An error stays until a picture that was asked for after it is there, or until it is taken back. A job that a newer
    one replaced is passed over, so that drawing on does not flash "Cancelled".

    A screen reader hears what came of a job when nothing more waits, and of a long one how far it is, seldom.

    Args:
        cancel: called when the button is pressed.
        clock: tells the time in seconds.
    """

    def __init__(self, cancel: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._quiet_since = clock, clock()
        self._lock = threading.RLock()
        self._open: set[int] = set()
        self._own: set[int] = set()
        self._running: int | None = None
        self._newest = 0
        self._error, self._error_at = "", 0
        self._outcome = "Ready"
        self._line = _Line("Ready", layout=Layout(flex="1 1 auto", min_width="0", margin="0"))
        self._progress_layout = PostedLayout(width="96px", height="8px", margin="0 8px", visibility="hidden")
        self._progress = _Progress(0.0, min=0, max=1, layout=self._progress_layout)
        self._progress.style.bar_color = "var(--jp-brand-color1)"
        self._cancel = _Cancel(
            description="Cancel", tooltip="Stop what is being drawn (Esc)", disabled=True, layout=Layout(width="80px")
        )
        self._cancel.on_click(lambda _: cancel())
        self._alert_layout = PostedLayout(width="100%", margin="0", display="none")
        self._alert = _Line("", layout=self._alert_layout)
        self._spoken = _Line("", layout=Layout(margin="0"))
        self._spoken.add_class("sketchlab-spoken")  # its role is set in the page
        row = HBox(
            [self._line, self._progress, self._cancel],
            layout=Layout(align_items="center", min_height="32px", width="100%"),
        )
        super().__init__([row, self._alert, self._spoken])

    @property
    def text(self) -> str:
        """The sentence about the running job, as HTML."""
        return self._line.value

    @property
    def error(self) -> str:
        """The sentence about what went wrong, as HTML; empty when nothing did."""
        return self._alert.value

    @property
    def spoken(self) -> str:
        """What a screen reader was told last."""
        return self._spoken.value

    @checked
    def hear(self, event: Event, *, is_own: bool = True) -> None:
        """Show an event. Any thread.

        Args:
            event: of any job of the lab, since one job waits for the other.
            is_own: whether what comes of the job matters here; else the line goes back to what came of the last one.
        """
        with self._lock:
            if is_own:
                self._own.add(event.job)
            if is_own or not isinstance(event, Finished | Failed | Cancelled):
                self._hear(event)
            else:
                self._ended(event.job, self._outcome)

    def forget_outcome(self) -> None:
        """What came of the last job is not what is wanted any more: say no more how long it took. Any thread."""
        with self._lock:
            self._outcome = "Ready"
            if self._running is None or self._running not in self._own:
                self._show_waiting()

    @checked
    def show_error(self, sentence: str) -> None:
        """Show what went wrong. Any thread."""
        with self._lock:
            self._error, self._error_at = sentence, self._newest
            self._alert.post(value=f'<span role="alert" style="{_RED}">{html_for_page(sentence)}</span>')
            self._alert_layout.post(display="")

    @checked
    def take_back(self, sentence: str) -> None:
        """What went wrong is right again: show that error no more, if it is the one that shows. Any thread."""
        with self._lock:
            if sentence and sentence == self._error:
                self._no_error()

    def _hear(self, event: Event) -> None:
        match event:
            case Queued(job=job):
                self._newest = max(self._newest, job)
                self._open.add(job)
                if self._running is None or self._running not in self._own:
                    self._show_waiting()
            case Started(job=job):
                self._running = job
                self._quiet_since = self._clock()
                self._show_running("Beginning")
            case Progress(job=job, stage=stage, step=step, steps=steps):
                self._progressed(job, stage, step, steps)
            case Finished(job=job, result=result):
                self._ended(job, f"Done in {result.seconds:.1f} s" if result.seconds >= AT_ONCE_S else "Done at once")
                if result.not_kept:
                    self.show_error(result.not_kept)
                elif job > self._error_at:
                    self._no_error()
            case Failed(job=job, sentence=sentence):
                self._ended(job, "Failed")
                self.show_error(sentence)
            case Cancelled(job=job):
                replaced = bool(self._open - {job})  # something else is drawn in its place: nobody saw it end
                self._ended(job, self._outcome if replaced else "Cancelled")

    def _no_error(self) -> None:
        self._error = ""
        self._alert.post(value="")
        self._alert_layout.post(display="none")

    def _progressed(self, job: int, stage: str, step: int, steps: int) -> None:
        """A step of the running job; of job 0, the loading of a model ahead, while none runs."""
        if job == 0 and self._running not in (None, 0):
            return
        self._running = None if stage == "ready" else job
        counted = f", step {step} of {steps}" if steps else ""
        said = _STAGES.get(stage, stage) + counted
        self._show_running(said, share=step / steps if steps else 0)
        is_own = self._running in (None, *self._own)
        if is_own and stage != "ready" and self._clock() - self._quiet_since >= _QUIET_S:
            self._speak(said)

    def _ended(self, job: int, text: str) -> None:
        self._open.discard(job)
        self._own.discard(job)
        self._outcome = text
        if self._running == job:
            self._running = None
        if self._running is None or self._running not in self._own:
            self._show_waiting()
        if self._running is None and not self._open and text:
            self._speak(text)

    def _speak(self, text: str) -> None:
        """Say it to those who hear the page."""
        self._quiet_since = self._clock()
        self._spoken.post(value=html.escape(text))

    def _show_running(self, text: str, share: float = 0.0) -> None:
        """What the running job does, where it is the own one, or reads the model, which is everybody's."""
        if self._running in (None, *self._own):
            self._show(text, share)
        else:
            self._show_waiting()

    def _show_waiting(self) -> None:
        """For whom the own job waits; else what came of the last one, and whether others are at work."""
        others = len((self._open | {self._running} - {None}) - self._own)
        counted = f"{others} other{'s' if others > 1 else ''}"
        if self._open & self._own:
            self._show(f"Waiting for {counted}" if others else "Waiting for its turn")
        else:
            self._show(f"{self._outcome} · {counted} at work" if others else self._outcome)

    def _show(self, text: str, share: float = 0.0) -> None:
        busy = bool(self._open) or self._running is not None
        self._line.post(value=html.escape(text))
        self._progress.post(value=share)
        self._progress_layout.post(visibility="visible" if busy else "hidden")
        self._cancel.post(disabled=not busy)


_RED = "color: var(--jp-error-color0); font-size: 13px"
