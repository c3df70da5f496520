"""Whether a disk has room for what is to come, looked at before the first byte."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.core.errors import MissingWeights

_MB = 1_000_000


def check_space(folder: Path, count: int, what: str, otherwise: str) -> None:
    """Refuse what does not fit.

    Args:
        folder: where it would be put; need not be there yet.
        count: bytes.
        what: what it is, for the sentence.
        otherwise: what else to do than make room, for the sentence: "set X to a folder on another disk".

    Raises:
        MissingWeights: says how much is free.
    """
    free = shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free
    if free < count:
        msg = f"{what} takes {amount(count)} and {amount(free)} are free in {folder}: make room, or {otherwise}"
        raise MissingWeights(msg)


def amount(count: int) -> str:
    """Bytes, for a person: "2.1 GB", "44 MB"."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(1, round(count / _MB))} MB"
