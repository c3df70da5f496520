"""What is rarely needed, folded away behind a row of small buttons; knows nothing of what is in it."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ipywidgets import Layout

from widgets.base.bare import HTML, Box, ToggleButton, VBox
from widgets.base.thread_safe import ThreadSafe

_CLOSED, _OPEN = "caret-right", "caret-down"


class _FoldButton(ThreadSafe, ToggleButton):
    """A button whose words may change on any thread."""


class Folds(VBox):
    """One button a group, its name and in short what is set in it; a pressed one shows the group below the row.

    `folds.opened` are the names of those that are open; assigning opens and closes.

    Args:
        groups: what is folded away, by its name.
    """

    def __init__(self, groups: Mapping[str, Any] | None = None) -> None:
        self._buttons: dict[str, _FoldButton] = {}
        self._rooms: dict[str, VBox] = {}
        self._staying: list[VBox] = []
        self._layouts: dict[str, Layout] = {}  # by a name of its own: a page may take that of a room away
        self._changed: Callable[[], None] = lambda: None
        self._row = Box([])
        self._row.add_class("sketchlab-folds-row")
        super().__init__([self._row])
        self.add_class("sketchlab-folds")
        for name, content in (groups or {}).items():
            self.add(name, content)

    def add(self, name: str, content: Any, *, stays: bool = False) -> None:
        """Fold one more group away, after the others; what stays is somebody else's, and outlives these folds."""
        button = _FoldButton(description=name, icon=_CLOSED, tooltip=f"Show or hide: {name}")
        self._layouts[name] = Layout(display="none")
        room = VBox([HTML(f"<h3>{html.escape(name)}</h3>"), content], layout=self._layouts[name])
        room.add_class("sketchlab-fold")
        self._buttons[name], self._rooms[name] = button, room
        button.observe(lambda _: self._show(name), names="value")
        if stays:
            self._staying.append(room)
        self._row.children = [*self._buttons.values()]
        self.children = [self._row, *self._rooms.values()]

    def let_go(self) -> None:
        """Hold nothing any more that stays, so that all else can be closed."""
        for room in self._staying:
            room.children = room.children[:1]  # the heading

    def say(self, name: str, summary: str) -> None:
        """What is set in a group, in a word or two on its button; empty for nothing unusual. Any thread."""
        self._buttons[name].post(description=f"{name}: {summary}" if summary else name)

    @property
    def names(self) -> list[str]:
        """The names of all groups, in their order."""
        return [*self._buttons]

    @property
    def opened(self) -> list[str]:
        """Names of the groups that are open."""
        return [name for name, button in self._buttons.items() if button.value]

    @opened.setter
    def opened(self, names: Sequence[str]) -> None:
        for name, button in self._buttons.items():
            button.value = name in names

    def on_open(self, name: str, callback: Callable[[], None]) -> None:
        """Call back whenever this group was opened."""
        button = self._buttons[name]
        button.observe(lambda _: callback() if button.value else None, names="value")

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back after a group was opened or closed. One callback: the owner's."""
        self._changed = callback

    def _show(self, name: str) -> None:
        button = self._buttons[name]
        button.icon = _OPEN if button.value else _CLOSED
        self._layouts[name].display = None if button.value else "none"
        self._changed()
