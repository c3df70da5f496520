"""Says below a paper when the picture on it has not all the pixels of the one that was brought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.core.geometry import Size
from lab.core.sentences.wording import shown
from lab.core.sketch import MAX_SIDE_PX
from widgets.canvas.ink_layer import InkLayer


class SmallerPicture:
    """Of one paper; takes back what it said when the next picture has all its pixels."""

    def __init__(self, ink: InkLayer) -> None:
        self._ink = ink
        self._said: dict[str, str] = {}

    def look(self, given: Size, laid: Size, page: Mapping[str, Any] | None = None) -> None:
        """Compare a picture that came with how it lies on the paper.

        Args:
            given: its size as it arrived in the kernel.
            laid: its size on the paper.
            page: what the page says of it: `name` of the file, and its `full` width and height if it wrote it anew.
        """
        sentence = _sentence(given, laid, page or {})
        if sentence or (self._said and self._ink.said == self._said):
            self._said = {"text": sentence} if sentence else {}
            self._ink.post(said=self._said)


def _sentence(given: Size, laid: Size, page: Mapping[str, Any]) -> str:
    match page.get("full"):
        case [int(width), int(height)]:
            return (
                f"{shown(page.get('name', 'The picture'))} weighs more than a page may send: it was written anew, with "
                f'{laid} of its {width}x{height} pixels. Assigned in Python, as in `studio.image = "photo.png"`, it '
                f"keeps its own, up to {MAX_SIDE_PX} a side."
            )
    if given != laid:
        return (
            f"The picture has {given} pixels, and a paper {MAX_SIDE_PX} a side at most: it lies here with {laid}. "
            "`lab.run(...)` takes it as it is."
        )
    return ""
