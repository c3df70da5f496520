"""The pictures that lie under a sketch, in files beside its journal, so that no line of it is large; knows no line."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection
from pathlib import Path

from lab.core.picture import Picture
from lab.gallery.files import sweep, write_whole

_NAME = re.compile(r"[0-9a-f]{32}")


class JournalPictures:
    """A folder of PNG files, each named by its picture's hash.

    Args:
        folder: is made with the first picture.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def bytes(self) -> int:
        """How much the files take together."""
        return sum(file.stat().st_size for file in self._files())

    def put(self, picture: Picture, encoded: str | None = None) -> str:
        """Keep a picture; its name. `encoded` is its PNG as base64, where somebody has it.

        Raises:
            OSError: when the disk is full or cannot be written.
        """
        file = self._file(picture.hash)
        if not file.is_file():
            write_whole(file, base64.b64decode(encoded) if encoded else picture.to_png())
        return picture.hash

    def encoded(self, name: str) -> str:
        """The PNG of that name as base64.

        Raises:
            OSError: when it cannot be read.
            ValueError: when that is no name of a picture.
        """
        if not _NAME.fullmatch(name):
            msg = f"no picture is named {name!r:.80}"
            raise ValueError(msg)
        return base64.b64encode(self._file(name).read_bytes()).decode()

    def keep_only(self, names: Collection[str]) -> None:
        """Delete all others, and what a killed process left half-written."""
        sweep(self._folder)
        for file in self._files():
            if file.stem not in names:
                file.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return [*self._folder.glob("*.png")]

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.png"
