"""The lab's log file: where the whole story of a failure is, when the screen shows one sentence of it."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG = logging.getLogger("lab")


def log_into(path: Path) -> logging.Handler:
    """The lab's log file, 2 MB and one older copy; a folder that cannot be written must not stop the lab."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(path, maxBytes=2_000_000, backupCount=1, delay=True)
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    LOG.addHandler(handler)
    return handler
