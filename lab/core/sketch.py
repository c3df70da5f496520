"""Strokes and the sketch they make, as values; knows no undo (see `history`), no pixels (see `raster`) and no files.

A stroke is a line through points (x, y, pressure). At each point the pen is a disc of radius `size_px / 2 * pressure`;
neighbouring discs are joined by their convex hull. The browser's ink layer draws exactly this shape, and so does
`lab.core.raster`.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.core.errors import BadInput
from lab.core.geometry import Size

TOOLS = ("brush", "eraser")
MAX_POINTS = 50_000
"""The longest stroke taken in: 600 kB on the wire, minutes of drawing without lifting the pen."""
MAX_SIDE_PX = 4096
PAPER = Size(512, 512)
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_LARGEST_COORDINATE = 1e5


@dataclass(frozen=True, eq=False)
class Stroke:
    """One line of the pen.

    Args:
        points: float32 array, n x 3: x and y in pixels of the sketch, pressure 0..1 (1 for a mouse).
        tool: one of `TOOLS`; the eraser takes ink away and ignores the colour.
        colour: `#rrggbb`.
        size_px: diameter at full pressure, in pixels of the sketch, 0.25..2048.
        opacity: 0..1, of the whole stroke (a stroke does not darken itself where it crosses itself).

    Raises:
        BadInput: when any of these is out of range.
    """

    points: np.ndarray
    tool: str = "brush"
    colour: str = "#000000"
    size_px: float = 6.0
    opacity: float = 1.0

    def __post_init__(self) -> None:
        """Check everything; the points become a read-only float32 array."""
        if self.tool not in TOOLS:
            msg = f"there is no tool {self.tool!r}: use one of {', '.join(TOOLS)}"
            raise BadInput(msg)
        if not (isinstance(self.colour, str) and _COLOUR.fullmatch(self.colour)):
            msg = f"a colour is written #rrggbb, not {self.colour!r}"
            raise BadInput(msg)
        _check_number("size_px", self.size_px, 0.25, 2048)
        _check_number("opacity", self.opacity, 0, 1)
        try:
            points = np.array(self.points, dtype=np.float32)
        except (TypeError, ValueError) as error:
            msg = f"the points of a stroke are numbers, n x 3 (x, y, pressure): {error}"
            raise BadInput(msg) from error
        if points.ndim == 2 and points.shape[1] == 2:
            points = np.column_stack([points, np.ones(len(points), np.float32)])
        if points.ndim != 2 or points.shape[1] != 3 or not 1 <= len(points) <= MAX_POINTS:
            msg = f"a stroke has 1 to {MAX_POINTS} points of (x, y, pressure), this one has shape {points.shape}"
            raise BadInput(msg)
        if not np.isfinite(points).all() or np.abs(points[:, :2]).max() > _LARGEST_COORDINATE:
            msg = "a stroke has a point that is not a number or lies far outside the sketch"
            raise BadInput(msg)
        points[:, 2] = points[:, 2].clip(0, 1)
        points.flags.writeable = False
        object.__setattr__(self, "points", points)

    def __eq__(self, other: object) -> bool:
        """Whether the other stroke leaves the same line."""
        return isinstance(other, Stroke) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        """A hash of the line."""
        return hash((self.points.tobytes(), self.tool, self.colour, self.size_px, self.opacity))

    def to_dict(self) -> dict[str, Any]:
        """The stroke as JSON values; the points as base64 of little-endian float32."""
        return {
            "tool": self.tool,
            "colour": self.colour,
            "size_px": self.size_px,
            "opacity": self.opacity,
            "points": base64.b64encode(self.points.astype("<f4").tobytes()).decode(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Stroke:
        """The stroke that `to_dict` wrote.

        Raises:
            BadInput: when a field is missing, unknown or out of range.
        """
        try:
            points = np.frombuffer(base64.b64decode(values["points"], validate=True), "<f4").reshape(-1, 3)
            return cls(**{**values, "points": points})
        except BadInput:
            raise
        except (KeyError, TypeError, ValueError) as error:
            msg = f"this is not a stroke: {error}"
            raise BadInput(msg) from error


@dataclass(frozen=True)
class Sketch:
    """A drawing: its size in pixels, and its strokes in the order they were drawn; transparent elsewhere."""

    size: Size = PAPER
    strokes: tuple[Stroke, ...] = ()

    def __post_init__(self) -> None:
        """Check the size.

        Raises:
            BadInput: when a side is not between 16 and `MAX_SIDE_PX`.
        """
        if not all(isinstance(side, int) and 16 <= side <= MAX_SIDE_PX for side in self.size):
            msg = f"a sketch is 16 to {MAX_SIDE_PX} pixels wide and high, not {self.size[0]} x {self.size[1]}"
            raise BadInput(msg)
        object.__setattr__(self, "size", Size(*self.size))

    def __add__(self, stroke: Stroke) -> Sketch:
        """The sketch with one more stroke on top."""
        return Sketch(self.size, (*self.strokes, stroke))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was drawn."""
        return not self.strokes

    def cleared(self) -> Sketch:
        """The same paper without strokes."""
        return Sketch(self.size)

    def line(self, points: Iterable[tuple[float, ...]], **pen: Any) -> Sketch:
        """The sketch with a line through these points; `pen` as in `Stroke`."""
        return self + Stroke(np.array([tuple(p) for p in points], dtype=np.float32), **pen)

    def circle(self, x: float, y: float, radius: float, **pen: Any) -> Sketch:
        """The sketch with a circle; all in pixels of the sketch."""
        turns = np.linspace(0, 2 * math.pi, max(16, int(radius)))
        return self.line(np.column_stack([x + radius * np.cos(turns), y + radius * np.sin(turns)]), **pen)

    def to_dict(self) -> dict[str, Any]:
        """The sketch as JSON values."""
        return {"size": list(self.size), "strokes": [stroke.to_dict() for stroke in self.strokes]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Sketch:
        """The sketch that `to_dict` wrote.

        Raises:
            BadInput: when the values are not a sketch.
        """
        try:
            size = Size(*(int(side) for side in values["size"]))
            return cls(size, tuple(Stroke.from_dict(stroke) for stroke in values["strokes"]))
        except BadInput:
            raise
        except (KeyError, TypeError, ValueError) as error:
            msg = f"this is not a sketch: {error}"
            raise BadInput(msg) from error


def _check_number(name: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        msg = f"{name} must be between {low:g} and {high:g}, not {value!r}"
        raise BadInput(msg)
