"""Finds what stands in a widget as a person does, by the words on it; and plays the page, which sends and waits."""

from __future__ import annotations

import html
import logging
import re
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from ipywidgets import HTML, Label, widget_serialization

SOON_S = 20


def parts_of(widget: Any, kind: Any = object) -> Iterator[Any]:
    """All of a kind in a widget, itself too, from top to bottom."""
    if isinstance(widget, kind):
        yield widget
    for child in getattr(widget, "children", ()):
        yield from parts_of(child, kind)


def part_of(widget: Any, kind: type) -> Any:
    """The only one of this kind in a widget."""
    (found,) = parts_of(widget, kind)
    return found


def control(widget: Any, name: str) -> Any:
    """What bears this name: before it or on it; else in it while it is empty, or when the pointer rests on it."""
    parts = [*parts_of(widget)]
    for kinds in (("description",), ("tooltip", "placeholder")):
        found = [part for part in parts if name in [getattr(part, kind, None) for kind in kinds]]
        if len(found) == 1:
            return found[0]
        if found:
            pytest.fail(f"{len(found)} are called {name!r}: look within one of the rows")
    there = {getattr(part, kind, None) for part in parts for kind in ("description", "tooltip")} - {None, ""}
    return pytest.fail(f"nothing is called {name!r}; there are: {', '.join(sorted(map(str, there)))}")


def text_of(widget: Any) -> str:
    """All that is said in words, a line each."""
    said = (html.unescape(re.sub(r"<[^>]*>", "", part.value)) for part in parts_of(widget, HTML | Label))
    return "\n".join(filter(None, said))


def widget_of(model_id: str) -> Any:
    """The widget that a page has under this id."""
    return widget_serialization["from_json"](f"IPY_MODEL_{model_id}", None)


def page_sends(widget: Any, content: Any, buffers: Sequence[Any] = ()) -> None:
    """A message of the page, on the way that it takes; fails where it raises into ipywidgets, which would only log."""
    raised = _Raised()
    widget.log.addHandler(raised)
    try:
        widget.comm.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": [*buffers]})
    finally:
        widget.log.removeHandler(raised)
    assert raised.said == []


def until_done(thread: str) -> None:
    """Wait until what works beside the page on threads of this name has done all that it was told."""
    for one in threading.enumerate():
        if one.name == thread:
            while one.ident is None:  # it is being started by another thread
                time.sleep(0.001)
            one.join(SOON_S)
            assert not one.is_alive(), f"{thread} is still at work"


class _Raised(logging.Handler):
    """Hears what ipywidgets says of errors on this thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == threading.get_ident():
            self.said.append(self.format(record))
