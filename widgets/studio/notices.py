"""Sentences above a Studio that stay until somebody does something about them; knows no job."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import Any

from widgets.base.bare import HTML, Button, HBox, VBox
from widgets.base.dispose import close_all
from widgets.base.thread_safe import ThreadSafe


class Notices(ThreadSafe, VBox):
    """One line each, with buttons for what can be done. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lines: dict[str, HBox] = {}
        super().__init__([])
        self.add_class("sketchlab-notices")

    @property
    def sentences(self) -> list[str]:
        """What is said, oldest first, as HTML."""
        return [line.children[0].value for line in self._lines.values()]

    def say(self, sentence: str, actions: Mapping[str, Callable[[], None]] | None = None, *, about: str = "") -> None:
        """Say it, until a person takes it away or does one of these things.

        Args:
            sentence: plain text.
            actions: what can be done, by the words on its button; called on any thread, after the line is gone.
            about: what was said about the same before is replaced; a sentence alone is about itself.
        """
        about = about or sentence
        text = HTML(f'<span role="status">{html.escape(sentence)}</span>')
        buttons = [self._button(words, about, act) for words, act in (actions or {}).items()]
        dismiss = self._button("", about, lambda: None, icon="times", tooltip="Dismiss")
        line = HBox([text, *buttons, dismiss])
        line.add_class("sketchlab-notice")
        self._change(about, line)

    def take_back(self, about: str) -> None:
        """Say it no more; nothing happens when it is not said."""
        self._change(about, None)

    def close(self) -> None:
        """Close every line; what is said from now on is not heard."""
        with self.guard:
            for line in self._lines.values():
                close_all(line)
            super().close()

    def _button(self, words: str, about: str, act: Callable[[], None], **more: Any) -> Button:
        button = Button(description=words, **more)

        def pressed(_: object) -> None:
            self.take_back(about)
            act()

        button.on_click(pressed)
        return button

    def _change(self, about: str, line: HBox | None) -> None:
        with self.guard:
            before = self._lines.pop(about, None)
            if line is not None and self.comm is not None:
                self._lines[about] = line
            elif line is not None:  # the Studio was closed meanwhile
                close_all(line)
            self.post(children=list(self._lines.values()))
            if before is not None:
                close_all(before)
