"""What a session would hate to lose, on disk: its sketches with their undo, and the settings of its panels."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.history import SketchHistory
from lab.core.sketch import Sketch
from lab.gallery.files import write_whole

try:
    import fcntl
except ImportError:  # Windows: two kernels on one sketch are not told apart there
    fcntl = None

_log = logging.getLogger("lab.gallery")


class Autosave:
    """The folder of one session. A sketch is a journal: a line for its paper, then a line a change, written at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._histories: dict[str, SketchHistory] = {}
        self._locks: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def history(self, name: str, size: Size | None = None) -> SketchHistory:
        """The sketch of that name with all its undo, recording from now on; empty paper of `size` when there is none.

        The same object at every call. When another kernel has the same sketch open, it is that kernel that records;
        here the sketch is a copy, and `records(name)` says so.

        What cannot be read at the end of a journal (the kernel was killed in the middle of a line) is set aside in a
        file beside it, and the sketch is what came before.
        """
        if name in self._histories:
            return self._histories[name]
        journal = self.folder / f"{name}.sketch.jsonl"
        is_ours = self._lock(journal.with_suffix(".lock"))
        history = SketchHistory(Sketch(size) if size else None)
        if journal.is_file():
            _replay(history, journal, mend=is_ours)
        if is_ours:
            self._record(history, journal)
        self._histories[name] = history
        return history

    def records(self, name: str) -> bool:
        """Whether changes of that sketch are being written; False while another kernel writes it."""
        history = self._histories.get(name)
        return history is not None and history.record is not None

    def close(self) -> None:
        """Let other kernels record the sketches of this session."""
        for history in self._histories.values():
            history.record = None
        for lock in self._locks:
            lock.close()
        self._histories.clear()
        self._locks.clear()

    def _record(self, history: SketchHistory, journal: Path) -> None:
        if not journal.is_file() or not journal.stat().st_size:
            _append(journal, {"op": "paper", "sketch": history.sketch.to_dict()})
        history.record = lambda change: _append(journal, change)

    def _lock(self, path: Path) -> bool:
        """Whether this kernel may write; the system lets go of the lock when the kernel ends, however it ends."""
        if fcntl is None:
            return True
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = path.open("ab")
        except OSError:
            return True
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        self._locks.append(lock)
        return True

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


def _replay(history: SketchHistory, journal: Path, *, mend: bool) -> None:
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
