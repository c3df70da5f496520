"""Where everything is kept, and files that are whole or not there: written beside, then put in place."""

from __future__ import annotations

import os
import re
import socket
import zlib
from contextlib import suppress
from itertools import count
from pathlib import Path
from uuid import uuid4

from lab.core.errors import BadInput
from lab.core.sentences.wording import shown

_HOST = f"{zlib.crc32(socket.gethostname().encode()):08x}"
_BESIDE = re.compile(rf"\..*\.{_HOST}-(\d+)-[0-9a-f]{{8}}")
"""How a file is called while it is written: by its name, the machine and the process."""
_OLD_BESIDE = re.compile(r"\..*\.(?:[0-9a-f]{8}|new)")
"""How earlier versions called it."""


def home_folder(home: Path | str | None = None) -> Path:
    """The folder of everything that is kept: `home`, else `$SKETCHLAB_HOME`, else `~/.sketchlab`.

    Absolute, so that it stays where it is when the kernel's folder changes. For who has no home, `.sketchlab` in the
    kernel's folder.

    Raises:
        BadInput: when it begins with `~` and the name of nobody, or no folder can be called so.
    """
    chosen = Path(home or os.environ.get("SKETCHLAB_HOME") or "~/.sketchlab")
    try:
        folder = chosen.expanduser().absolute()
    except RuntimeError:
        if chosen.parts[0] == "~":
            return Path(*chosen.parts[1:]).absolute()
        msg = f"there is no folder {chosen}: nobody is called {chosen.parts[0][1:]!r} on this machine"
        raise BadInput(msg) from None
    try:
        with suppress(OSError):  # whoever keeps something there says so
            folder.lstat()
    except ValueError:  # a NUL in it, or half a letter
        msg = f"no folder can be called {shown(str(chosen))}: name another home"
        raise BadInput(msg) from None
    return folder


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves either the old or the new content, never half of one.

    Raises:
        OSError: when the disk is full or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = name_beside(path)
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except BaseException:
        _removed(beside)
        raise


def write_new(path: Path, content: bytes) -> Path:
    """Write a file that was not there; the path that it has, with a number behind its name where that was taken.

    As whole as with `write_whole`, whoever else writes there at the same time.

    Raises:
        OSError: when the disk is full or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = name_beside(path)
    try:
        beside.write_bytes(content)
        for number in count(1):
            free = path if number == 1 else path.with_stem(f"{path.stem} {number}")
            with suppress(FileExistsError):
                _put_in_place(beside, free)
                return free
    finally:
        _removed(beside)
    raise AssertionError


def sweep(folder: Path) -> None:
    """Delete what processes of this machine that are no more left half-written in a folder; it need not be there."""
    with suppress(OSError):
        for file in [*os.scandir(folder)]:
            written_by = _BESIDE.fullmatch(file.name)
            if _OLD_BESIDE.fullmatch(file.name) or (written_by and not _is_running(int(written_by[1]))):
                _removed(Path(file.path))


def _is_running(process: int) -> bool:
    import psutil  # only where somebody was killed while writing: a lab opens sooner without

    return psutil.pid_exists(process)


def _put_in_place(beside: Path, free: Path) -> None:
    """Give a file a name that nobody has.

    Raises:
        FileExistsError: when somebody has it.
    """
    try:
        os.link(beside, free)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: a killed process may leave an empty file there
        free.open("xb").close()
        beside.replace(free)


def name_beside(path: Path) -> Path:
    """A name that nobody else takes, for what will be put into a file's place; swept when its process is gone."""
    return path.with_name(f".{path.name[:40]}.{_HOST}-{os.getpid()}-{uuid4().hex[:8]}")


def _removed(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
