"""One sketch on disk as a journal: a line for its paper, then a line for each change, written at once.

    {"op": "paper", "sketch": {...}}      what undo can bring back at most
    {"op": "draw", "stroke": {...}}       and every other change that `SketchHistory` records

A background is named in a line, `{"picture": hash}`, and lies in a file beside the journal; in older journals it is
base64 of PNG. A journal that has grown is written anew, with the changes that undo and redo still know.
"""

from __future__ import annotations

import json
import logging
import os
import re
from itertools import pairwise
from operator import is_
from pathlib import Path
from typing import Any

from lab.core.history import SketchHistory
from lab.core.picture import Picture
from lab.core.sketch import Sketch
from lab.gallery.files import write_whole
from lab.gallery.journal_pictures import JournalPictures

_log = logging.getLogger("lab.gallery")
_SMALL_BYTES = 4 << 20
"""A journal of up to this size is not written anew, nor one that has not grown by half since."""
_NAMED = re.compile(rb'"picture": "([0-9a-f]{32})"')


def replay(history: SketchHistory, path: Path, *, mend: bool) -> int:
    """Bring a history to where its journal ends; how many changes could not be read, and were left out.

    A line that is not complete, since the kernel was killed in the midst of it, is none. With `mend` what was left out
    is moved into a file beside the journal.

    Raises:
        OSError: when the journal cannot be read.
    """
    lines = path.read_bytes().splitlines(keepends=True)
    pictures, unread = JournalPictures(_pictures_of(path)), [line for line in lines[-1:] if not line.endswith(b"\n")]
    changes = [_change_in(line, pictures) for line in lines[: len(lines) - len(unread)]]
    left_out = 0
    if changes and changes[0].get("op") == "paper":
        try:
            history.sketch = Sketch.from_dict(changes[0]["sketch"])
        except (KeyError, ValueError):
            left_out = 1
        del changes[0]
    left_out += history.replay(changes, leave_out=True)
    if mend and (left_out or unread):
        _log.warning("%d changes of %s could not be read and were left out", left_out, path)
        with path.with_suffix(".unreadable").open("ab") as rest:
            rest.write(b"".join(lines if left_out else unread))
        Journal(path, history).write_anew()
    return left_out


class Journal:
    """The recorder of a history. After a change that could not be written, the next writes the whole sketch anew."""

    def __init__(self, path: Path, history: SketchHistory) -> None:
        self.trouble = ""
        """Why nothing is written at present, in words; empty when all is."""
        self._path = path
        self._pictures = JournalPictures(_pictures_of(path))
        self._history = history
        self._is_behind = not path.is_file() or not path.stat().st_size
        self._bytes = 0 if self._is_behind else path.stat().st_size + self._pictures.bytes
        self._may_take = _SMALL_BYTES
        # How far somebody who replays the journal could undo and redo now.
        self._undo, self._redo = history.steps

    def __call__(self, change: dict[str, Any]) -> None:
        """Write one change.

        Raises:
            OSError: when the disk is full or cannot be written, and that was not said yet; the history has the change.
        """
        said = self.trouble
        try:
            self._write(change)
        except OSError as error:
            self._is_behind = True
            if said:
                return
            self.trouble = f"nothing is kept in {self._path.parent}: {error.strerror or error}"
            raise
        self.trouble = ""

    def begin(self, *, anew: bool = False) -> None:
        """Write the first line, or anew what has grown; what cannot be written now is tried at each change."""
        try:
            if anew or self._is_behind or self._bytes > self._may_take:
                self.write_anew()
            else:
                self._pictures.keep_only({name.decode() for name in _NAMED.findall(self._path.read_bytes())})
        except OSError as error:
            _log.exception("%s cannot be written", self._path)
            self.trouble = f"nothing is kept in {self._path.parent}: {error.strerror or error}"

    def write_anew(self) -> None:
        """Begin the journal again, with what undo and redo know now.

        Raises:
            OSError: as above; the next change tries again.
        """
        self._is_behind = True
        timeline, at = self._history.timeline
        steps = [{"op": "paper", "sketch": self._described(timeline[0])}]
        steps += [self._between(before, after) for before, after in pairwise(timeline)]
        steps += [{"op": "undo"}] * (len(timeline) - 1 - at)
        content = b"".join(json.dumps(step).encode() + b"\n" for step in steps)
        write_whole(self._path, content)
        self._pictures.keep_only({one.background.hash for one in timeline if one.background})
        self._undo, self._redo = self._history.steps
        self._bytes = len(content) + self._pictures.bytes
        self._may_take = max(_SMALL_BYTES, int(1.5 * self._bytes))
        self._is_behind = False

    def _write(self, change: dict[str, Any]) -> None:
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
            return
        self._append(json.dumps(self._with_named_picture(change)).encode() + b"\n")
        if self._bytes > self._may_take:
            self.write_anew()

    def _append(self, line: bytes) -> None:
        size: int | None = None
        try:
            size = self._path.stat().st_size
            with self._path.open("ab") as file:
                file.write(line)
        except OSError:
            if size is not None:
                _cut(self._path, size)
            raise
        self._bytes += len(line)

    def _with_named_picture(self, change: dict[str, Any]) -> dict[str, Any]:
        """The change, with the background in a file of its own and named here."""
        if change["op"] == "replace":
            return {**change, "sketch": self._with_name_in(change["sketch"])}
        return self._with_name_in(change)

    def _with_name_in(self, values: dict[str, Any]) -> dict[str, Any]:
        background = self._history.sketch.background
        if background is None or not values.get("background"):
            return values
        self._bytes += len(values["background"])
        return {**values, "background": {"picture": self._pictures.put(background, values["background"])}}

    def _described(self, sketch: Sketch) -> dict[str, Any]:
        values = sketch.with_background(None).to_dict()
        return {**values, "background": self._named(sketch.background)} if sketch.background else values

    def _named(self, picture: Picture | None) -> dict[str, str] | None:
        return None if picture is None else {"picture": self._pictures.put(picture)}

    def _between(self, before: Sketch, after: Sketch) -> dict[str, Any]:
        """The change that makes one sketch of the other."""
        same_paper = before.size == after.size and before.background is after.background
        same_strokes = len(before.strokes) <= len(after.strokes) and all(map(is_, before.strokes, after.strokes))
        if same_paper and same_strokes and len(after.strokes) == len(before.strokes) + 1:
            return {"op": "draw", "stroke": after.strokes[-1].to_dict()}
        if same_paper:
            return {"op": "redraw", "strokes": [stroke.to_dict() for stroke in after.strokes]}
        if same_strokes and len(after.strokes) == len(before.strokes):
            return {"op": "lay", "background": self._named(after.background), "size": list(after.size)}
        return {"op": "replace", "sketch": self._described(after)}


def _pictures_of(journal: Path) -> Path:
    return journal.with_suffix(".pictures")


def _change_in(line: bytes, pictures: JournalPictures) -> dict[str, Any]:
    """The change in a line, with its picture as base64; one that no history knows where it cannot be read."""
    try:
        change = json.loads(line)
        for values in (change, change.get("sketch")):
            if isinstance(values, dict) and isinstance(values.get("background"), dict):
                values["background"] = pictures.encoded(values["background"]["picture"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return {"op": f"none: {error}"}
    return change


def _cut(path: Path, size: int) -> None:
    """Take half a line away again."""
    try:
        os.truncate(path, size)
    except OSError:
        _log.exception("%s may end in half a line", path)
