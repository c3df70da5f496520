"""What pictures were made of, in files of its own by the hash of its content: other pictures, and strokes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from lab.core.errors import BadInput
from lab.core.picture import Picture
from lab.core.recipe import Request
from lab.core.sketch import Sketch
from lab.gallery.files import write_whole


class Sources:
    """The files in a folder. Whoever writes holds the lock of the index, so that nothing goes before it is named.

    Args:
        folder: is made when there is something to keep.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, request: Request, strokes: bytes | None) -> None:
        """Write what is not there yet.

        Raises:
            OSError: when it cannot be written.
        """
        for name, picture in request.pictures.items():
            file = self.file(name)
            if not file.exists():
                write_whole(file, picture.to_png())
        if strokes is not None:
            file = self._sketch_file(name_of(strokes))
            if not file.exists():
                write_whole(file, strokes)

    def picture(self, name: str) -> Picture | None:
        """The picture of that hash; None when it is not kept here."""
        path = self.file(name)
        return Picture.of(path) if path.is_file() else None

    def sketch(self, name: str) -> Sketch | None:
        """The strokes of that hash; None when they are not kept here, or cannot be read."""
        try:
            return Sketch.from_dict(json.loads(self._sketch_file(name).read_bytes()))
        except (OSError, ValueError, RecursionError, BadInput):
            return None

    def file(self, name: str) -> Path:
        """The PNG file of a picture by its hash, whether it is there or not."""
        return self._folder / f"{name}.png"

    def delete(self, name: str) -> None:
        """Let a picture, or strokes, go.

        Raises:
            OSError: when it cannot be deleted.
        """
        self.file(name).unlink(missing_ok=True)
        self._sketch_file(name).unlink(missing_ok=True)

    def _sketch_file(self, name: str) -> Path:
        return self._folder / f"{name}.sketch.json"


def strokes_of(sketch: Sketch) -> bytes:
    """Strokes and paper as they are kept: what they lie on is a picture of its own."""
    return json.dumps(sketch.with_background(None).to_dict()).encode()


def name_of(strokes: bytes) -> str:
    """The name of strokes that are kept: 32 hex digits of SHA-256."""
    return hashlib.sha256(strokes).hexdigest()[:32]
