"""What the worker does now, in one line, with a Cancel button; knows events and no pictures."""

from __future__ import annotations

import html
from collections.abc import Callable

from ipywidgets import HTML, Button, FloatProgress, HBox, Layout

from lab.core.events import Cancelled, Event, Failed, Finished, Progress, Queued, Started
from widgets._guard import Guarded

_STAGES = {
    "starting": "Starting the engine",
    "loading": "Loading the model",
    "ready": "Ready",
    "control": "Reading the sketch",
    "words": "Reading the words",
    "steps": "Drawing",
    "picture": "Developing the picture",
    "": "",
}


class _Line(Guarded, HTML):
    """The sentence."""


class _Progress(Guarded, FloatProgress):
    """The bar: 0..1."""


class _Cancel(Guarded, Button):
    """The button."""


class JobBar(HBox):
    """One line: how far the newest job is, and a button that cancels everything.

    Events of jobs that a newer one has replaced are passed over, so that drawing on does not flash "cancelled".

    Args:
        cancel: called when the button is pressed.
    """

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._newest = 0
        self._line = _Line("Ready", layout=Layout(flex="1 1 auto", min_width="0", margin="0"))
        self._progress = _Progress(
            0.0, min=0, max=1, layout=Layout(width="96px", height="8px", margin="0 8px", visibility="hidden")
        )
        self._progress.style.bar_color = "var(--jp-brand-color1)"
        self._cancel = _Cancel(
            description="Cancel", tooltip="Stop what is being drawn", disabled=True, layout=Layout(width="80px")
        )
        self._cancel.on_click(lambda _: cancel())
        super().__init__(
            [self._line, self._progress, self._cancel],
            layout=Layout(align_items="center", min_height="36px", width="100%"),
        )

    @property
    def text(self) -> str:
        """The sentence that is shown, as HTML."""
        return self._line.value

    def hear(self, event: Event) -> None:
        """Show an event. Any thread."""
        if isinstance(event, Queued):
            self._newest = max(self._newest, event.job)
        elif event.job < self._newest:
            return
        match event:
            case Queued():
                self._show("Waiting for its turn", busy=True)
            case Started():
                self._show("Beginning", busy=True)
            case Progress(job=job, stage=stage, step=step, steps=steps):
                counted = f", step {step} of {steps}" if steps else ""
                busy = stage not in ("ready", "")
                self._show(_STAGES.get(stage, stage) + counted, busy=busy, share=step / steps if steps else 0)
                self._cancel.post(disabled=not busy or job == 0)
            case Finished(result=result):
                self._show(f"Done in {result.seconds:.1f} s" + (f" · {result.note}" if result.note else ""))
            case Failed(sentence=sentence):
                self.show_error(sentence)
            case Cancelled():
                self._show("Cancelled")

    def show_error(self, sentence: str) -> None:
        """Show what went wrong. Any thread."""
        self._show(f'<span role="alert" style="color: var(--jp-error-color0)">{html.escape(sentence)}</span>')

    def _show(self, text: str, *, busy: bool = False, share: float = 0.0) -> None:
        self._line.post(value=text)
        self._progress.post(value=share)
        self._progress.layout.visibility = "visible" if busy else "hidden"
        self._cancel.post(disabled=not busy)
