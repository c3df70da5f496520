"""Waiting for what a Studio does beside the thread that told it, and the end of a job that it hears of."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from ipywidgets import Widget

from lab import Lab, Recipe, Request, Sketch
from lab.core.events import Finished, Result
from lab.tasks import plan
from tests.fakes import picture_of
from tests.widgets.canvas.playing_browser import Browser
from tests.widgets.controls import SOON_S, until_done
from widgets import Studio

CIRCLE = Sketch().circle(256, 256, 120)


def let_it_follow(studio: Studio) -> None:
    """Wait until the Studio has done what it was told until now."""
    until_done(f"studio {studio.task.name}")


def drop(studio: Studio, file: bytes) -> None:
    """Drop the file of a picture on a Studio's canvas."""
    Browser(studio.canvas, client=uuid4().hex).send("picture", content=file, name="dropped.png")
    let_it_follow(studio)


@contextmanager
def nothing_is_left_open() -> Iterator[list[Any]]:
    """All widgets that are made in the block, a list that grows, are closed at its end; fails with those that are not.

    Only those made on this thread, or on one that began in the block: others are an earlier test's.
    """
    others = set(threading.enumerate()) - {threading.current_thread()}
    made: list[Any] = []
    Widget.on_widget_constructed(lambda one: None if threading.current_thread() in others else made.append(one))
    try:
        yield made
    finally:
        Widget.on_widget_constructed(None)
    left = [one for one in made if one.comm is not None]
    assert not left, f"{len(left)} widgets are left: {', '.join(map(_named, left))}"


def _named(widget: Any) -> str:
    words = [str(getattr(widget, name, "")) for name in ("description", "tooltip", "value")]
    return f"{type(widget).__name__}({next(filter(None, words), '')[:60]})"


def until(lab: Lab, is_so: Callable[[], bool]) -> None:
    """Wait for an event after which it is so."""
    changed = threading.Event()
    unsubscribe = lab.subscribe(lambda _: changed.set())
    try:
        end = time.monotonic() + SOON_S
        while time.monotonic() < end:
            if is_so():
                return
            changed.wait(0.2)
            changed.clear()
    finally:
        unsubscribe()
    pytest.fail("it never was so")


def drawn_with(studio: Studio) -> tuple[str, int, int] | None:
    recipe = studio.result.request.recipe if studio.result else None
    return (recipe.prompt, recipe.seed, recipe.steps or 0) if recipe else None


def finished(job: int, seconds: float = 1.0) -> Finished:
    request = Request(Recipe())
    return Finished(job, Result(picture_of(request, 4), request, plan(request).plan, seconds))
