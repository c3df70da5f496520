"""Small pictures of files, few kilobytes each, made once; knows no widget."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock

from lab.core.geometry import Size
from lab.core.picture import Picture
from widgets.base.image_codec import webp_of

MOST_BYTES = 40_000
SIDE_PX = 320
"""Twice what a cell of the gallery is wide, for screens with two pixels for each of the page."""
_QUALITIES = (80, 60, 40)
_MOST_KEPT = 600
"""24 MB at most."""


def thumbnail(picture: Picture, side_px: int = SIDE_PX) -> bytes:
    """The picture as WebP of at most 40,000 bytes, so many pixels wide and high; of pure noise less than that."""
    side = side_px
    while True:
        small = picture.resized(picture.size.fitted_into(Size(side, side))) if max(picture.size) > side else picture
        for quality in _QUALITIES:
            if len(content := webp_of(small, quality)) <= MOST_BYTES:
                return content
        side //= 2


class Thumbnails:
    """The thumbnails that were wanted last, by file. Any thread."""

    def __init__(self, side_px: int = SIDE_PX) -> None:
        self._side_px = side_px
        self._made: OrderedDict[Path, bytes] = OrderedDict()
        self._lock = Lock()

    def of(self, path: Path) -> bytes:
        """The thumbnail of a file of the gallery, which never changes.

        Raises:
            BadInput: when it is no picture, or gone.
        """
        with self._lock:
            if path in self._made:
                self._made.move_to_end(path)
                return self._made[path]
        made = thumbnail(Picture.of(path), self._side_px)
        with self._lock:
            self._made[path] = made
            if len(self._made) > _MOST_KEPT:
                self._made.popitem(last=False)
        return made
