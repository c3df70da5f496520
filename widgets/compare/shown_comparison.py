"""A comparison as a page shows it: its words, and its pictures as large as they are seen. Knows no widget."""

from __future__ import annotations

from itertools import count
from typing import Any

from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.sentences.wording import one_line, short
from lab.retouch.comparing import shrunk_map
from lab.session.comparison import Comparison
from widgets.base.image_codec import png_of

_MOST_BYTES = 7_000_000
"""Of one message: a page's connection ends at 8 MiB."""
_LEAST_PX = 64
_MOST_LETTERS = 4000
_MOST_FIELDS = 60
_NUMBERS = count(1)


class ShownComparison:
    """One comparison, by a number of its own: what a page asks of an earlier one is not answered with this."""

    def __init__(self, comparison: Comparison) -> None:
        self.number = next(_NUMBERS)
        self.comparison = comparison
        self._sides = {"a": comparison.a.picture, "b": comparison.b.picture, "map": comparison.pixels.map}

    @property
    def values(self) -> dict[str, Any]:
        """All but the pictures, as plain text; `settings` are rows of a field and both texts in marked parts."""
        said = self.comparison
        rows = [{"field": one.field.replace("_", " "), "a": _parts(one.a), "b": _parts(one.b)} for one in said.settings]
        same = "" if rows or said.note else "The settings are the same."
        more = f"{len(rows) - _MOST_FIELDS} more settings differ." if len(rows) > _MOST_FIELDS else ""
        return {
            "number": self.number,
            "names": [one_line(short(one.name, 80)) for one in (said.a, said.b)],
            "size": list(said.a.picture.size),
            "pixels": str(said.pixels),
            "is_identical": said.is_identical,
            "settings": rows[:_MOST_FIELDS],
            "note": one_line(said.note) or same or more,
        }

    def side(self, name: str, longest_px: int) -> bytes | None:
        """A picture without loss, as PNG, no longer than it is seen; None where there is no such side.

        Args:
            name: a, b, or map.
            longest_px: 0 for all there is; what is too large for a message is made smaller.
        """
        picture = self._sides.get(name)
        if picture is None:
            return None
        wanted = max(_LEAST_PX, longest_px or max(picture.size))
        while True:
            content = png_of(_shrunk(picture, wanted, is_map=name == "map"))
            if len(content) <= _MOST_BYTES or wanted <= _LEAST_PX:
                return content
            wanted = max(_LEAST_PX, min(wanted, max(picture.size)) * 3 // 4)


def _shrunk(picture: Picture, longest_px: int, *, is_map: bool) -> Picture:
    if is_map:
        return shrunk_map(picture, longest_px)
    if max(picture.size) <= longest_px:
        return picture
    return picture.resized(picture.size.fitted_into(Size(longest_px, longest_px)))


def _parts(parts: tuple[tuple[str, bool], ...]) -> list[list[Any]]:
    """Within a number of letters that a page takes."""
    found: list[list[Any]] = []
    left = _MOST_LETTERS
    for text, is_marked in parts:
        found.append([text[:left], is_marked])
        left -= len(text)
        if left <= 0:
            break
    return found
