"""Where everything is kept, and files that are whole or not there: written beside, then put in place."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from uuid import uuid4

from lab.core.sentences.paths import given_path


def home_folder(home: Path | str | None = None) -> Path:
    """The folder of everything that is kept: `home`, else `$SKETCHLAB_HOME`, else `~/.sketchlab`.

    Raises:
        BadInput: when no folder can be called so.
    """
    return given_path(home or os.environ.get("SKETCHLAB_HOME") or "~/.sketchlab")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves either the old or the new content, never half of one.

    Raises:
        OSError: when the disk is full or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_new(path: Path, content: bytes) -> Path:
    """Write a file that was not there; the path that it has, with a number behind its name where that was taken.

    As whole as with `write_whole`, whoever else writes there at the same time.

    Raises:
        OSError: when the disk is full or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        free = path if number == 1 else path.with_stem(f"{path.stem} {number}")
        beside = free.with_name(f".{free.name}.new")
        try:
            file = beside.open("xb")  # whoever has this file has the name
        except FileExistsError:
            continue
        try:
            with file:
                is_free = not free.exists()
                if is_free:
                    file.write(content)
            if is_free:
                beside.replace(free)
                return free
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        beside.unlink()
    raise AssertionError
