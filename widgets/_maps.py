"""Maps on their way to a browser: kept by what they were made of, and encoded; knows no widget."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import cv2
import numpy as np

from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.recipe import Setting
from lab.preprocessors import Preprocessor


@dataclass(frozen=True)
class Wanted:
    """What a map is made of."""

    picture: Picture
    size: Size
    tool: Preprocessor
    settings: dict[str, Setting]

    @property
    def key(self) -> Hashable:
        """The same for the same map."""
        settings = tuple(sorted(self.settings.items()))
        return (self.picture.hash, self.size, self.tool.name, self.tool.number, settings)

    def is_of_the_same(self, other: Wanted | None) -> bool:
        """Whether only the settings differ."""
        return other is not None and (self.picture, self.size, self.tool) == (other.picture, other.size, other.tool)


class Maps:
    """Maps by what they were made of; the least recently used go first. Any thread may call.

    Args:
        limit_bytes: of all pixels together; the newest map is kept in any case.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._maps: OrderedDict[Hashable, Picture] = OrderedDict()
        self._bytes = 0

    def __contains__(self, key: Hashable) -> bool:
        """Whether that map is kept."""
        with self._lock:
            return key in self._maps

    def get(self, key: Hashable, make: Callable[[], Picture]) -> Picture:
        """The map that was kept, or a new one; made outside the lock."""
        with self._lock:
            if key in self._maps:
                self._maps.move_to_end(key)
                return self._maps[key]
        made = make()
        with self._lock:
            if key not in self._maps:
                self._maps[key] = made
                self._bytes += made.pixels.nbytes
            while len(self._maps) > 1 and self._bytes > self._limit_bytes:
                self._bytes -= self._maps.popitem(last=False)[1].pixels.nbytes
        return made


def png_of(picture: Picture) -> bytes:
    """The map without loss, holes too, in the fewest colours that hold it: one of lines takes a third of the time."""
    pixels = picture.pixels
    red, green, blue = (np.ascontiguousarray(pixels[..., channel]) for channel in range(3))
    if picture.has_alpha or not (np.array_equal(red, green) and np.array_equal(green, blue)):
        return _encoded(".png", _turned(pixels), cv2.IMWRITE_PNG_COMPRESSION, 1)
    levels = np.flatnonzero(cv2.calcHist([red], [0], None, [256], [0, 256]))
    if set(levels) <= {0, 255}:
        return _encoded(".png", red, cv2.IMWRITE_PNG_BILEVEL, 1)
    return _encoded(".png", red, cv2.IMWRITE_PNG_COMPRESSION, 1)


def webp_of(picture: Picture) -> bytes:
    """The picture in a few kilobytes, for the eye only; with its alpha where it has one."""
    return _encoded(".webp", _turned(picture.pixels), cv2.IMWRITE_WEBP_QUALITY, 80)


def _turned(pixels: np.ndarray) -> np.ndarray:
    """With blue first, as OpenCV has it."""
    return pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def _encoded(kind: str, pixels: np.ndarray, *settings: int) -> bytes:
    return cv2.imencode(kind, np.ascontiguousarray(pixels), settings)[1].tobytes()
