"""What a session would hate to lose, on disk: its sketches with their undo, and the settings of its panels."""

from __future__ import annotations

import hashlib
import json
import logging
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Self

from lab.core.geometry import Size
from lab.core.history import SketchHistory
from lab.core.sketch import Sketch
from lab.gallery.delayed_writes import DelayedWrites, Later, on_a_timer
from lab.gallery.files import sweep, write_whole
from lab.gallery.kept_sketch import KeptSketch

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
        self._kept: dict[str, KeptSketch] = {}
        sweep(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def history(self, name: str, size: Size | None = None) -> SketchHistory:
        """The sketch of that name with all its undo, recording from now on; empty paper of `size` when there is none.

        The same object at every call. Where nothing can be recorded it is empty or a copy, and `not_kept` says why.
        """
        if name in self._kept:
            return self._kept[name].history
        history = SketchHistory(Sketch(size) if size else None)
        history.name = hashlib.sha256(str(self._path(name).absolute()).encode()).hexdigest()[:16]
        kept = self._kept[name] = KeptSketch(self._path(name), history)
        return kept.history

    def records(self, name: str) -> bool:
        """Whether changes of that sketch are being written; False while another kernel writes it."""
        return name in self._kept and self._kept[name].records

    def not_kept(self, name: str) -> str:
        """Why what is drawn in that sketch is not written, or not all of it came back; empty when all is well."""
        return self._kept[name].not_kept if name in self._kept else ""

    def take_over(self, name: str, *, by_force: bool = False) -> bool:
        """Record a sketch that another kernel had open, if that has closed it; whether it is recorded now.

        By force also where it has not: it is the other kernel's that is a copy then, and says so at its next change.

        What the other kernel drew since is there: as it is where nothing was drawn here, else below what was, one step
        of undo away. A copy tries this by itself at every change. To be called with the lock of its canvas, which is
        to be refreshed then.
        """
        return name in self._kept and self._kept[name].take_over(by_force=by_force)

    def copy(self) -> str:
        """Keep all that is open here, and the settings, as a session of its own as well; its name.

        Raises:
            OSError: when it cannot be written.
        """
        folder = _new_beside(self.folder)
        self._settings.flush()
        for file in self.folder.glob("*.json"):
            write_whole(folder / file.name, file.read_bytes())
        for name, kept in self._kept.items():
            kept.copy_to(folder / self._path(name).name)
        return folder.name

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
        """Write what is not on disk yet, and let other kernels record the sketches of this session. Never raises."""
        self._settings.flush()
        for kept in self._kept.values():
            kept.close()
        self._kept.clear()

    def _write_settings(self, name: str, content: bytes) -> None:
        """A full disk is logged, since the panel itself still has them."""
        try:
            write_whole(self.folder / f"{name}.json", content)
        except OSError:
            _log.exception("the settings %s could not be saved in %s", name, self.folder)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.sketch.jsonl"


def _new_beside(folder: Path) -> Path:
    """A new folder of the same name, with the first number behind it that is free."""
    for number in count(2):
        new = folder.with_name(f"{folder.name}-{number}")
        with suppress(FileExistsError):
            new.mkdir(parents=True)
            return new
    raise AssertionError  # numbers do not end
