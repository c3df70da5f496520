"""What a session would hate to lose, on disk: its sketches with their undo, and the settings of its panels."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import IO, Any, Self

from lab.core.geometry import Size
from lab.core.history import SketchHistory
from lab.core.sketch import Sketch
from lab.gallery.delayed_writes import DelayedWrites, Later, on_a_timer
from lab.gallery.files import write_whole
from lab.gallery.journal import Journal, replay

try:
    import fcntl
except ImportError:  # Windows: two kernels on one sketch are not told apart there
    fcntl = None

_log = logging.getLogger("lab.gallery")


class Autosave:
    """The folder of one session. To be closed; until then some settings may not be on disk yet.

    Args:
        folder: is made when there is something to keep.
        later: does something after so many seconds.
    """

    def __init__(self, folder: Path, later: Later = on_a_timer) -> None:
        self.folder = folder
        self._settings = DelayedWrites(self._write_settings, later)
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
        """
        if name in self._histories:
            return self._histories[name]
        path = self.folder / f"{name}.sketch.jsonl"
        is_ours = self._lock(path.with_suffix(".lock"))
        history = SketchHistory(Sketch(size) if size else None)
        history.name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
        if path.is_file():
            replay(history, path, mend=is_ours)
        if is_ours:
            history.record = self._begun(Journal(path, history), path)
        self._histories[name] = history
        return history

    def records(self, name: str) -> bool:
        """Whether changes of that sketch are being written; False while another kernel writes it."""
        history = self._histories.get(name)
        return history is not None and history.record is not None

    def settings(self, name: str) -> dict[str, Any]:
        """The settings saved under that name; empty when there are none or they cannot be read."""
        try:
            values = json.loads(self._settings.get(name) or (self.folder / f"{name}.json").read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            _log.exception("the settings %s of %s cannot be read", name, self.folder)
            return {}
        return values if isinstance(values, dict) else {}

    def save_settings(self, name: str, values: dict[str, Any]) -> None:
        """Save settings under that name within half a second, and before the kernel ends; at every key and drag."""
        self._settings.put(name, json.dumps(values, indent=1).encode())

    def close(self) -> None:
        """Write what is not on disk yet, and let other kernels record the sketches of this session."""
        self._settings.flush()
        for history in self._histories.values():
            history.record = None
        for lock in self._locks:
            lock.close()
        self._histories.clear()
        self._locks.clear()

    def _write_settings(self, name: str, content: bytes) -> None:
        """A full disk is logged, since the panel itself still has them."""
        try:
            write_whole(self.folder / f"{name}.json", content)
        except OSError:
            _log.exception("the settings %s could not be saved in %s", name, self.folder)

    def _begun(self, journal: Journal, path: Path) -> Journal:
        """The journal with its first line; with a full disk it tries again at the first change."""
        if not path.is_file() or not path.stat().st_size:
            try:
                journal.write_anew()
            except OSError:
                _log.exception("%s cannot be written", path)
        return journal

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
        except BlockingIOError:
            lock.close()
            return False
        except OSError:  # a file system without locks: nothing to be told apart there
            lock.close()
            return True
        self._locks.append(lock)
        return True
