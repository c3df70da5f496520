"""What a Studio shows of its jobs is posted: no thread but the browser's own assigns a trait without the lock."""

import threading

import numpy as np
import pytest
from ipywidgets import Widget

from lab import Lab
from lab.core.errors import SketchlabError
from lab.core.picture import Picture
from tests.fakes import ScriptedEngine
from tests.widgets.canvas.playing_browser import Browser
from tests.widgets.studio.following import CIRCLE, drawn_with, until
from widgets import Studio
from widgets.base.thread_safe import ThreadSafe


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every trait that is sent to the page and was changed on another thread, of a widget without a lock."""
    found: list[str] = []
    notify = Widget.notify_change

    def notify_change(widget: Widget, change: dict) -> None:
        is_elsewhere = threading.current_thread() is not threading.main_thread()
        if is_elsewhere and change["name"] in widget.keys and not isinstance(widget, ThreadSafe):
            found.append(f"{type(widget).__name__}.{change['name']}")
        notify(widget, change)

    monkeypatch.setattr(Widget, "notify_change", notify_change)
    return found


def test_paper_that_takes_the_size_of_a_dropped_picture_is_posted(lab: Lab, unguarded: list[str]) -> None:
    studio = Studio(lab, "inpaint")
    painter = studio.canvases[0]
    browser = Browser(painter)
    browser.send("picture", content=Picture(np.zeros((100, 200, 3), np.uint8)).to_png())
    assert painter.background is not None
    assert painter.background.size == (200, 100)
    assert unguarded == []
    studio.close()


def test_a_picture_that_fails_and_one_that_comes_are_posted(
    studio: Studio, lab: Lab, engine: ScriptedEngine, unguarded: list[str]
) -> None:
    assert studio.canvas is not None
    engine.fails_with = SketchlabError("the disk is on fire")
    studio.canvas.sketch = CIRCLE
    until(lab, lambda: "on fire" in studio.bar.error)
    engine.fails_with = None
    studio.panel.settings = {"seed": 5}
    until(lab, lambda: drawn_with(studio) == ("", 5, lab.card.steps) and not studio.bar.error)
    assert unguarded == []
