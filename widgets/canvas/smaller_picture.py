"""Says below a paper when the picture on it has not all the pixels of the one that was brought."""

from __future__ import annotations

from lab.core.geometry import Size
from lab.core.sketch import MAX_SIDE_PX
from widgets.canvas.ink_layer import InkLayer


class SmallerPicture:
    """Of one paper; takes back what it said when the next picture has all its pixels."""

    def __init__(self, ink: InkLayer) -> None:
        self._ink = ink
        self._said: dict[str, str] = {}

    def look(self, given: Size, laid: Size) -> None:
        """Compare a picture that came, by its size, with how it lies on the paper."""
        sentence = _sentence(given, laid)
        if sentence or (self._said and self._ink.said == self._said):
            self._said = {"text": sentence} if sentence else {}
            self._ink.post(said=self._said)


def _sentence(given: Size, laid: Size) -> str:
    if given == laid:
        return ""
    return (
        f"The picture has {given} pixels, and a paper {MAX_SIDE_PX} a side at most: it lies here with {laid}. "
        "`lab.run(...)` takes it as it is."
    )
