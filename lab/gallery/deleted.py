"""Pictures that were deleted, kept aside for a day under a name that no gallery shows. Knows no index.

The row of such a picture stays, with its star and the sources that it names; rows without a file are passed over.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

_MARK = ".deleted-"
_KEPT_S = 24 * 3600
"""So long a deletion can be taken back."""


def put_away(path: Path) -> bool:
    """Delete a picture for now; whether it was there.

    Raises:
        OSError: when the folder cannot be written.
    """
    try:
        os.utime(path)  # its day begins now
        path.replace(_aside(path))
    except FileNotFoundError:
        return False
    return True


def brought_back(path: Path) -> bool:
    """Take the deletion back; whether the picture is there again. One that is there now is never written over.

    Raises:
        OSError: when the folder cannot be written.
    """
    if path.exists():
        return False
    try:
        _aside(path).replace(path)
    except FileNotFoundError:
        return False
    return True


def long_deleted(folder: Path) -> Iterator[str]:
    """Let go of what was deleted over a day ago; the file of each, within the gallery's folder, once it is gone."""
    for aside in folder.glob(f"*/{_MARK}*.png"):
        if aside.stat().st_mtime < time.time() - _KEPT_S:
            aside.unlink(missing_ok=True)
            if not (path := aside.with_name(aside.name.removeprefix(_MARK))).exists():
                yield path.relative_to(folder).as_posix()


def _aside(path: Path) -> Path:
    return path.with_name(_MARK + path.name)
