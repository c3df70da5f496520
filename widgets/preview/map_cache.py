"""Control maps, kept by what they were made of; knows no widget."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.recipe import Setting
from lab.preprocessors import Preprocessor


@dataclass(frozen=True)
class Wanted:
    """What a map is made of: picture, size in pixels, preprocessor and its settings."""

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
        """Whether picture, size and preprocessor are the same, and at most the settings differ."""
        return other is not None and (self.picture, self.size, self.tool) == (other.picture, other.size, other.tool)


class MapCache:
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
