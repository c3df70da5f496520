"""Files that a page sends in pieces, since a message holds 10 MiB at most; put together again byte by byte."""

from __future__ import annotations

from typing import Any

from lab.core.errors import BadInput

LARGEST_BYTES = 128_000_000
"""The largest file that is taken, as in `ink/pictures.js`: more than the largest picture of 8 bits takes as a PNG."""
_FILES_KEPT = 2
"""Of files that are not whole yet, the newest: nobody sends the rest of a page that was closed."""


class FilePieces:
    """Of one canvas. A file has a name of its own, and each of its pieces says `at` which byte it begins."""

    def __init__(self) -> None:
        self._files: dict[str, bytearray] = {}

    def add(self, message: dict[str, Any], piece: bytes) -> None:
        """Put the next piece of a file behind the others.

        Raises:
            BadInput: when there is one missing before it, or the file is too large.
        """
        name, at = _told(message)
        if at == 0:
            self._files[name] = bytearray()
        file = self._begun(name, at)
        if at + len(piece) > LARGEST_BYTES:
            del self._files[name]
            msg = f"a page sends files of {LARGEST_BYTES // 1_000_000} MB at most: make the picture smaller first"
            raise BadInput(msg)
        file += piece
        while len(self._files) > _FILES_KEPT:
            del self._files[next(iter(self._files))]

    def whole(self, message: dict[str, Any], last: bytes) -> bytes:
        """The file of which this is the last piece.

        Raises:
            BadInput: when there is one missing before it.
        """
        name, at = _told(message)
        file = self._begun(name, at)
        del self._files[name]
        return bytes(file + last)

    def _begun(self, name: str, at: int) -> bytearray:
        file = self._files.get(name)
        if file is None or len(file) != at:
            self._files.pop(name, None)
            msg = "The picture came in part only: bring it again"
            raise BadInput(msg)
        return file


def _told(message: dict[str, Any]) -> tuple[str, int]:
    at = message.get("at")
    return f"{message.get('client')}/{message.get('upload')}", at if isinstance(at, int) else -1
