"""What a session would hate to lose, on disk: its sketches with their undo, and the settings of its panels."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.history import SketchHistory
from lab.core.sketch import Sketch
from lab.gallery.files import write_whole

_log = logging.getLogger("lab.gallery")


class Autosave:
    """The folder of one session. A sketch is a journal: a line for its paper, then a line a change, written at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def history(self, name: str, size: Size | None = None) -> SketchHistory:
        """The sketch of that name with all its undo, recording from now on; empty paper of `size` when there is none.

        What cannot be read at the end of a journal (the kernel was killed in the middle of a line) is set aside in a
        file beside it, and the sketch is what came before.
        """
        journal = self.folder / f"{name}.sketch.jsonl"
        history = SketchHistory(Sketch(size) if size else None)
        if journal.is_file():
            _replay(history, journal)
        if not journal.is_file() or not journal.stat().st_size:
            _append(journal, {"op": "paper", "sketch": history.sketch.to_dict()})
        history.record = lambda change: _append(journal, change)
        return history

    def settings(self, name: str) -> dict[str, Any]:
        """The settings saved under that name; empty when there are none or they cannot be read."""
        try:
            values = json.loads((self.folder / f"{name}.json").read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            _log.exception("the settings %s of %s cannot be read", name, self.folder)
            return {}
        return values if isinstance(values, dict) else {}

    def save_settings(self, name: str, values: dict[str, Any]) -> None:
        """Save settings under that name; a full disk is logged, since the panel itself still has them."""
        try:
            write_whole(self.folder / f"{name}.json", json.dumps(values, indent=1).encode())
        except OSError:
            _log.exception("the settings %s could not be saved in %s", name, self.folder)


def _append(journal: Path, change: dict[str, Any]) -> None:
    """One line more; a full disk is logged, since the kernel still has the sketch."""
    try:
        journal.parent.mkdir(parents=True, exist_ok=True)
        with journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(change) + "\n")
    except OSError:
        _log.exception("a change of the sketch could not be saved in %s", journal)


def _replay(history: SketchHistory, journal: Path) -> None:
    content = journal.read_bytes()
    good = 0
    try:
        for change, end in _lines(content):
            if change["op"] == "paper":
                history.sketch = Sketch.from_dict(change["sketch"])
            else:
                history.replay([change])
            good = end
    except (ValueError, TypeError, KeyError, BadInput) as error:
        _log.warning("%s cannot be read after byte %d: %s", journal, good, error)
    if good < len(content):
        write_whole(journal.with_suffix(".unreadable"), content[good:])
        write_whole(journal, content[:good])


def _lines(content: bytes) -> Iterator[tuple[dict[str, Any], int]]:
    """Each complete line as JSON, with the offset after it."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start) + 1
        if end == 0:
            msg = "the last line is not complete"
            raise ValueError(msg)
        yield json.loads(content[start:end]), end
        start = end
