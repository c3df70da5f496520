"""Says how the training is doing, on standard output, at once."""

from __future__ import annotations

import sys


def tell(words: str) -> None:
    """One line of news; flushed, so that a log file is never behind."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
