"""What was asked for before, by Alt+Up and Alt+Down in the prompt; keeps nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lab.gallery import Said
from widgets.base.bare import AnyWidget
from widgets.base.thread_safe import ThreadSafe

_HERE = Path(__file__).parent


class PromptRecall(ThreadSafe, AnyWidget):
    """Stands unseen among the words. Alt+Up goes back through what was asked for, Alt+Down forward, to what was typed.

    Args:
        history: what was asked for before, newest first.
        now: both prompts as they stand.
        take: called with the prompts that a person wants back.
    """

    _esm = _HERE / "prompt_recall.js"
    _css = ".sketchlab-recall { position: absolute; width: 0; height: 0; }"

    def __init__(
        self, history: Callable[[], Sequence[Said]], now: Callable[[], Said], take: Callable[[Said], None]
    ) -> None:
        self._history, self._now, self._take = history, now, take
        self._walked: list[Said] = []
        """What one walks through, from what was typed to the oldest."""
        self._at = 0
        super().__init__()
        self.on_msg(self._hear)

    def walk(self, *, older: bool, typed: str | None = None) -> None:
        """Go one step back, or forward; nothing happens beyond either end.

        Args:
            older: back.
            typed: the prompt as it stands on the page, where its last letters may not have come yet.
        """
        now = self._now() if typed is None else self._now()._replace(prompt=typed)
        if not self._walked or self._walked[self._at] != now:  # somebody typed since
            self._walked, self._at = [now, *(said for said in self._history() if said != now)], 0
        at = self._at + (1 if older else -1)
        if 0 <= at < len(self._walked):
            self._at = at
            self._take(self._walked[at])

    def _hear(self, _recall: object, said: Any, _buffers: object) -> None:
        """The keys."""
        if isinstance(said, dict) and said.get("kind") == "recall":
            typed = said.get("prompt")
            self.walk(older=bool(said.get("is_older")), typed=typed if isinstance(typed, str) else None)
