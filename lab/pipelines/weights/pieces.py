"""A large file that comes in pieces at once: where each begins and ends, and how much of it is here. Knows no network.

The pieces are written where they belong, into one file of the whole size; beside it stands in a small one how far each
of them is, so that a killed process goes on from there.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

MOST = 8
"""So many at once, as many as files of the hub's own library."""
LEAST_BYTES = 64 * 2**20
"""A piece that is smaller is not worth a connection of its own."""


@dataclass
class Piece:
    """Bytes from `start` up to `end`, of which the first `come` are here."""

    start: int
    end: int
    come: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all of it is here."""
        return self.come == self.end - self.start


def divided(size: int, come: int = 0) -> list[Piece]:
    """A file of so many bytes in pieces of about the same size, of which the first `come` bytes are here."""
    count = max(1, min(MOST, size // LEAST_BYTES))
    ends = [size * number // count for number in range(count + 1)]
    pieces = [Piece(start, end) for start, end in pairwise(ends)]
    for piece in pieces:
        piece.come = max(0, min(come, piece.end) - piece.start)
    return pieces


def begun(part: Path, size: int) -> list[Piece]:
    """The pieces of a file that was begun, or is to be."""
    kept = _kept(part)
    if kept and kept[-1].end == size and part.exists():
        return kept
    come = part.stat().st_size if part.exists() and not note_of(part).exists() else 0
    return divided(size, come if come <= size else 0)


def begun_bytes(part: Path) -> int:
    """How many bytes of it are here."""
    if not part.is_file():
        return 0
    return sum(piece.come for piece in _kept(part)) if note_of(part).exists() else part.stat().st_size


def keep(part: Path, pieces: list[Piece]) -> None:
    """Write down how far the pieces are; must be done before the file is made as large as all of them."""
    note = note_of(part)
    written = note.with_suffix(".new")
    written.write_text(json.dumps([[piece.start, piece.end, piece.come] for piece in pieces]))
    written.replace(note)


def forget(part: Path) -> None:
    """What was written down of a file that is whole now, or thrown away."""
    note_of(part).unlink(missing_ok=True)


def note_of(part: Path) -> Path:
    """The small file beside it."""
    return part.with_suffix(".pieces")


def _kept(part: Path) -> list[Piece]:
    with suppress(OSError, ValueError, TypeError):
        return [Piece(*map(int, one)) for one in json.loads(note_of(part).read_text())]
    return []
