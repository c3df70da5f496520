"""A frame over a canvas as a value: where it is, and how it may be dragged; knows no browser and no setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from lab.core.geometry import Size
from lab.core.picture import Picture
from widgets.base.image_codec import webp_of

_SEEN = Size(512, 512)


class Edges(NamedTuple):
    """Where a frame lies, in pixels of the paper, not rounded; may reach beyond it."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """In pixels of the paper, at least 0 when the edges are in order."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """In pixels of the paper, at least 0 when the edges are in order."""
        return self.bottom - self.top


@dataclass(frozen=True)
class DragBox:
    """A box that a person drags.

    Args:
        edges: where it lies.
        label: what a screen reader calls it.
        grows: each side is dragged alone and the paper stays inside; otherwise the box keeps its shape and is moved as
            a whole, or scaled by its corners.
        picture: what is shown in it.
    """

    edges: Edges
    label: str
    grows: bool = False
    picture: Picture | None = None

    def described(self) -> dict[str, Any]:
        """The frame as the browser's `frame` trait has it."""
        return {"box": list(self.edges), "label": self.label, "grows": self.grows}

    def encoded(self) -> bytes:
        """The picture for the browser; empty when there is none."""
        if self.picture is None:
            return b""
        room = Size(*map(min, self.picture.size, _SEEN))
        return webp_of(self.picture.resized(self.picture.size.fitted_into(room)))
