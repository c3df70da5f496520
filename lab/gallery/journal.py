"""One sketch on disk as a journal: a line for its paper, then a line for each change, written at once."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.core.errors import BadInput
from lab.core.history import SketchHistory
from lab.core.sketch import Sketch
from lab.gallery.files import write_whole

_log = logging.getLogger("lab.gallery")


def replay(history: SketchHistory, journal: Path, *, mend: bool) -> None:
    """Bring a history to where its journal ends.

    What cannot be read at the end (the kernel was killed in the middle of a line) is left out; with `mend` it is moved
    into a file beside the journal.
    """
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
    if mend and good < len(content):
        with journal.with_suffix(".unreadable").open("ab") as rest:
            rest.write(content[good:])
        write_whole(journal, content[:good])


class Journal:
    """The recorder of a history. After a change that could not be written, the next writes the whole sketch anew."""

    def __init__(self, path: Path, history: SketchHistory) -> None:
        self._path = path
        self._history = history
        self._is_behind = not path.is_file() or not path.stat().st_size
        # How far somebody who replays the journal could undo and redo now.
        self._undo, self._redo = history.steps

    def __call__(self, change: dict[str, Any]) -> None:
        """Write one change.

        Raises:
            OSError: when the disk is full or cannot be written; the history itself has the change.
        """
        match change["op"]:
            case "undo":
                self._undo, self._redo = self._undo - 1, self._redo + 1
            case "redo":
                self._undo, self._redo = self._undo + 1, self._redo - 1
            case "resize":
                pass  # no step
            case _:
                self._undo, self._redo = self._undo + 1, 0
        if self._is_behind or min(self._undo, self._redo) < 0:
            self.write_anew()
        else:
            self._append(change)

    def write_anew(self) -> None:
        """Begin the journal again with the sketch as it is now; its undo begins here.

        Raises:
            OSError: as above; the next change tries again.
        """
        self._is_behind = True
        self._undo = self._redo = 0
        paper = {"op": "paper", "sketch": self._history.sketch.to_dict()}
        write_whole(self._path, json.dumps(paper).encode() + b"\n")
        self._is_behind = False

    def _append(self, change: dict[str, Any]) -> None:
        size: int | None = None
        try:
            size = self._path.stat().st_size
            with self._path.open("ab") as file:
                file.write(json.dumps(change).encode() + b"\n")
        except OSError:
            self._is_behind = True
            if size is not None:
                _cut(self._path, size)
            raise


def _cut(path: Path, size: int) -> None:
    """Take half a line away again."""
    try:
        os.truncate(path, size)
    except OSError:
        _log.exception("%s may end in half a line", path)


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
