"""The lab's log file: where the whole story of a failure is, when the screen shows one sentence of it.

It is for its owner alone: nobody else may read it, no secret is in it, and of several labs each logs its own jobs.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from lab.core.sentences.secrets import masked
from lab.jobs.own_log import OWN_LOG
from lab.session.logins import keep_logins_secret

LOG = logging.getLogger("lab")
_MOST_BYTES = 2_000_000
_open: dict[Path, tuple[LogFile, int]] = {}
"""The files that are written, each with how many labs write there."""


class LogFile(RotatingFileHandler):
    """One file of 2 MB and one older copy, made when there is something to say; a full disk stops nobody.

    Args:
        path: of the file, whole.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_MOST_BYTES, backupCount=1, encoding="utf-8", delay=True)
        self.setFormatter(_Masked("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is this lab's: what another lab's worker says is not."""
        return OWN_LOG.get() in ("", self.baseFilename) and bool(super().filter(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's own name
        """Say nothing: whoever is told of a failure anywhere else is told in a cell."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        # `Path.open` has no opener; whoever is handed the file closes it.
        opened = open(self.baseFilename, "a", encoding=self.encoding, opener=_privately)  # noqa: SIM115
        Path(self.baseFilename).chmod(0o600)  # one of an earlier version may be open to all
        return opened


class _Masked(logging.Formatter):
    """Lines and traces without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class LabLog:
    """A lab's part in a log file, which labs of the same home share: it is closed by the last of them.

    Args:
        path: of the file, there or not.
    """

    def __init__(self, path: Path) -> None:
        keep_logins_secret()
        self._key = Path(os.path.abspath(path))  # noqa: PTH100 - without following links, as the handler does
        handler, labs = _open.get(self._key) or (LogFile(self._key), 0)
        if not labs:
            LOG.addHandler(handler)
        _open[self._key] = handler, labs + 1
        self.name = handler.baseFilename
        """What `OWN_LOG` calls it."""
        self._is_closed = False

    def close(self) -> None:
        """Write there no more; once is enough."""
        if self._is_closed:
            return
        self._is_closed = True
        handler, labs = _open.pop(self._key)
        if labs > 1:
            _open[self._key] = handler, labs - 1
            return
        LOG.removeHandler(handler)
        with suppress(OSError):  # of a full disk, which takes its last line no more
            handler.close()


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
