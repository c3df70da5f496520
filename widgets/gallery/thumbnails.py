"""Small pictures of files, few kilobytes each, made once; knows no widget."""

from __future__ import annotations

import io
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import cv2
from PIL import Image

from lab.core.geometry import Size
from lab.core.picture import Picture

MOST_BYTES = 40_000
SIDE_PX = 320
"""Twice what a cell of the gallery is wide, for screens with two pixels for each of the page."""
_QUALITIES = (80, 60, 40)
_MOST_KEPT = 600
"""24 MB at most."""
_TOGETHER_S = 0.06
"""So long thumbnails are gathered for one message: each message costs a page that scrolls some milliseconds."""
_EFFORT = 1
"""Of WebP's 0 to 6. Of 320 pixels it takes 4 ms instead of the 13 of the usual 4, for a sixth more bytes."""


def thumbnail(picture: Picture, side_px: int = SIDE_PX) -> bytes:
    """The picture as WebP of at most 40,000 bytes, so many pixels wide and high; of pure noise less than that."""
    side = side_px
    while True:
        small = picture if max(picture.size) <= side else _smaller(picture, picture.size.fitted_into(Size(side, side)))
        for quality in _QUALITIES:
            buffer = io.BytesIO()
            Image.fromarray(small.pixels).save(buffer, "WEBP", quality=quality, method=_EFFORT)
            if buffer.tell() <= MOST_BYTES:
                return buffer.getvalue()
        side //= 2


def _smaller(picture: Picture, size: Size) -> Picture:
    if picture.has_alpha:  # colours that nobody sees must not count
        return picture.resized(size)
    return Picture(cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA))


def made_together(wanted: list[int], make: Callable[[int], bytes | None]) -> dict[int, bytes]:
    """The thumbnails of one message, by their numbers: what is made in some hundredths of a second, one at least.

    Args:
        wanted: numbers, from whose beginning those are taken.
        make: makes one; None for one that there is no more.
    """
    made: dict[int, bytes] = {}
    ends_at = time.monotonic() + _TOGETHER_S
    while wanted and (not made or time.monotonic() < ends_at):
        if (content := make(number := wanted.pop(0))) is not None:
            made[number] = content
    return made


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
