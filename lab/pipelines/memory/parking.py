"""Parts of models that gave way on a GPU and wait in the machine's memory, so that their return reads no file."""

from __future__ import annotations

import threading
from collections.abc import Callable

import torch

from lab.core.resident_models import Resident
from lab.pipelines.memory.device import parking_bytes
from lab.pipelines.memory.part import Part

Name = tuple[str, str]
"""The owner of a part, and what of it."""
_RAM = torch.device("cpu")


class ParkedParts:
    """What waits, the longest unused first. One thread works with it; others may read.

    Args:
        device: that they gave way on.
        limit_bytes: how much may wait together; when None measured from the machine, and nothing where the device's
            memory is the machine's own, since there it would win no room.
    """

    def __init__(self, device: torch.device, limit_bytes: int | None = None) -> None:
        self._device = device
        self._limit = limit_bytes
        self._parts: dict[Name, Part] = {}
        self._lock = threading.Lock()

    def __contains__(self, name: Name) -> bool:
        """Whether this part waits here."""
        return name in self._parts

    @property
    def bytes(self) -> int:
        """What all of them take in the machine's memory."""
        return sum(part.all_bytes for part in list(self._parts.values()))

    def returning(self, owner: str, what: str = "") -> list[Part]:
        """A part that waits, and with a model what goes along with it."""
        return [part for part in self._of(owner) if part.what == what or (not what and part.goes_along)]

    def park(self, parts: list[Part], keep: str = "") -> list[Part]:
        """Move parts here, for which others go for good, the longest unused first, but not those of the model `keep`.

        Returns those that cannot move, or all where there is no room for them.
        """
        is_whole = any(not part.what for part in parts)
        movable = [part for part in parts if part.move is not None or (part.goes_along and is_whole)]
        wanted = sum(part.all_bytes for part in movable)
        limit = parking_bytes(self._device) + self.bytes if self._limit is None else self._limit
        others = [owner for owner in dict.fromkeys(owner for owner, _ in self._parts) if owner != keep]
        if not movable or wanted + sum(part.all_bytes for part in self._of(keep)) > limit:
            return parts
        while self.bytes + wanted > limit:
            self.drop(others.pop(0))
        for part in movable:
            _move(part, _RAM)
            with self._lock:
                self._parts[part.name] = part
        return [part for part in parts if part not in movable]

    def take(self, part: Part) -> None:
        """Move a part that waits to the device again."""
        _move(part, self._device)
        with self._lock:
            del self._parts[part.name]

    def drop(self, owner: str, what: str = "") -> int:
        """Let a part go for good, and all that belongs to it; the bytes that are free by that."""
        freed = 0
        going = [part for part in self._of(owner) if not what or part.what == what]
        for part in sorted(going, key=lambda part: not part.what):  # the model last, since it takes all else along
            with self._lock:
                del self._parts[part.name]
            freed += part.all_bytes
            part.drop()
        return freed

    def clear(self) -> int:
        """Let all of them go for good; the bytes that are free by that."""
        return sum([self.drop(owner) for owner in dict.fromkeys(owner for owner, _ in self._parts)])

    def _of(self, owner: str) -> list[Part]:
        return [part for (whose, _), part in self._parts.items() if whose == owner]

    def residents(self, why: Callable[[Part], str]) -> tuple[Resident, ...]:
        """All of them, for the report. Any thread."""
        with self._lock:
            parts = list(self._parts.values())
        return tuple(
            Resident(part.owner, piece, count, _RAM.type, why(part))
            for part in parts
            for piece, count in (*part.bytes.items(), *part.elsewhere.items())
        )


def _move(part: Part, device: torch.device) -> None:
    if part.move is not None:
        part.move(device)
