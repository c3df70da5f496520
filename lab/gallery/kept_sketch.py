"""One sketch that is kept: by one kernel at a time, while every other has a copy."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import IO, Any

from lab.core.history import SketchHistory
from lab.gallery.files import name_beside
from lab.gallery.journal import Journal, replay

try:
    import fcntl
except ImportError:  # Windows: two kernels on one sketch are not told apart there
    fcntl = None

_log = logging.getLogger("lab.gallery")
_ELSEWHERE = "This canvas is open in another kernel too: what you draw here is not kept until that kernel closes it."
_TAKEN = "Another kernel took this canvas over: what you draw here is not kept until that kernel closes it."


class KeptSketch:
    """A history that is recorded into its journal, or a copy until its journal is free. Not locked: its owner is.

    Args:
        path: of the journal.
        history: empty paper; it is brought to where the journal ends.
    """

    def __init__(self, path: Path, history: SketchHistory) -> None:
        self.history = history
        self._path = path
        self._lock: IO[bytes] | None = None
        self._journal: Journal | None = None
        self._left_out = 0
        self._unreadable = ""
        self._was_taken = False
        is_ours = self._locked()
        self._read(history, mend=is_ours)
        self._opened = history.sketch
        if is_ours and not self._unreadable:
            self._record()
        elif not is_ours:
            history.record = self._try_again

    @property
    def records(self) -> bool:
        """Whether changes are written to disk: this kernel keeps the sketch, and its last write went well."""
        return self._journal is not None and not self._journal.trouble

    @property
    def not_kept(self) -> str:
        """Why not, in a sentence, or what of it could not be read; empty when all is well."""
        if self._unreadable:
            return self._unreadable
        if self._journal is None:
            return _TAKEN if self._was_taken else _ELSEWHERE
        if self._journal.trouble:
            return f"What you draw here is not kept: {self._journal.trouble}."
        if self._left_out:
            count = f"{self._left_out} changes" if self._left_out > 1 else "One change"
            were = "were" if self._left_out > 1 else "was"
            return (
                f"{count} of the saved sketch could not be read and {were} left out: see {self._path.stem}.unreadable."
            )
        return ""

    def take_over(self, *, by_force: bool = False) -> bool:
        """Write changes from now on, as `Autosave.take_over` says; answers whether they are written."""
        if self._journal is not None:
            return True
        if self._unreadable or not (self._locked() or (by_force and self._seized())):
            return False
        theirs = SketchHistory(self._opened.cleared().with_background(None))
        self._read(theirs, mend=True)
        if theirs.sketch != self._opened:
            self._put_onto(theirs)
        self._record(anew=True)
        return True

    def copy_to(self, path: Path) -> None:
        """Write all that undo and redo know into another journal.

        Raises:
            OSError: when that cannot be written.
        """
        Journal(path, self.history).write_anew()

    def close(self) -> None:
        """Record no more, and let another kernel do it."""
        self.history.record = self._journal = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _put_onto(self, theirs: SketchHistory) -> None:
        """Go on where the other kernel ended, with what was drawn here since as further steps."""
        before, at = theirs.timeline
        ours, here = self.history.timeline
        opened = next((number for number, sketch in enumerate(ours) if sketch is self._opened), here - 1)
        if opened >= here:  # nothing was drawn here, or it was taken back
            self.history.go_on_from(before, at)
        else:
            self.history.go_on_from([*before[: at + 1], *ours[opened + 1 :]], at + here - opened)

    def _try_again(self, _change: dict[str, Any]) -> None:
        """What a copy does with a change."""
        try:
            self.take_over()
        except OSError:
            _log.exception("%s could not be taken over", self._path)

    def _record(self, *, anew: bool = False) -> None:
        self._journal = Journal(self._path, self.history)
        self._journal.begin(anew=anew)
        self._was_taken = False
        self.history.record = self._write

    def _write(self, change: dict[str, Any]) -> None:
        """What the kernel that records does with a change: another one may have taken the lock since the last."""
        if self._journal is None or self._lock_is_gone:
            self._become_a_copy()
        else:
            self._journal(change)

    def _become_a_copy(self) -> None:
        sketches, at = self.history.timeline
        self._opened = sketches[max(0, at - 1)]  # the last change is the first that is not recorded
        self.close()
        self._was_taken = True
        self.history.record = self._try_again

    @property
    def _lock_is_gone(self) -> bool:
        if self._lock is None:
            return False
        try:
            return not os.path.samestat(self._lock_path.stat(), os.fstat(self._lock.fileno()))
        except OSError:
            return False

    def _read(self, history: SketchHistory, *, mend: bool) -> None:
        """Read the journal; what cannot be read must not be written over."""
        try:
            if self._path.is_file():
                self._left_out = replay(history, self._path, mend=mend)
        except OSError as error:
            _log.exception("%s cannot be read", self._path)
            said = error.strerror or error
            self._unreadable = f"What you draw here is not kept: {self._path.name} cannot be read ({said})."

    def _locked(self) -> bool:
        """Whether this kernel may write; the system lets go of the lock when the kernel ends, however it ends."""
        if fcntl is None:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = self._lock_path.open("ab")
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
        self._lock = lock
        return True

    def _seized(self) -> bool:
        """Put a lock of this kernel's own in the place of another's, who finds out at its next change."""
        if fcntl is None:
            return True
        new = name_beside(self._lock_path)
        lock = new.open("ab")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        new.replace(self._lock_path)
        self._lock = lock
        return True

    @property
    def _lock_path(self) -> Path:
        return self._path.with_suffix(".lock")
