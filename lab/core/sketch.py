"""A drawing as a value: strokes in their order, over a background picture; knows no undo, no pixels and no files."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Annotated, Any

import numpy as np
from pydantic import FailFast, Strict

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.sentences.checked_call import checked
from lab.core.stroke import LARGEST_COORDINATE, PointsLike, Stroke, points_of, reach_of, shifted

MAX_SIDE_PX = 4096
PAPER = Size(512, 512)
_MOST_CORNERS = 8192
"""Of a circle: no circle that fits on any paper is wider than so many pixels."""
_BROAD = 1 / 20
"""Of the shorter side of the paper: a pen of another colour than black that is this broad lays colour, as on paper."""

_SAME = 0.01
"""Sides are whole pixels: shapes that differ by less are the same."""


@checked
@dataclass(frozen=True)
class Sketch:
    """A drawing: its size in pixels, its strokes in the order they were drawn, and the picture that they lie on.

    The background is shown in the middle of the paper, as large as fits; it is no part of the strokes' pixels.
    """

    size: Size = PAPER
    strokes: Annotated[tuple[Stroke, ...], Strict(strict=False), FailFast()] = ()
    background: Picture | None = None

    def __post_init__(self) -> None:
        """Check everything; the strokes become a tuple.

        Raises:
            BadInput: when a side is not between 16 and `MAX_SIDE_PX`, a stroke is none or the background no picture.
        """
        if not all(isinstance(side, int) and 16 <= side <= MAX_SIDE_PX for side in self.size):
            msg = f"a sketch is 16 to {MAX_SIDE_PX} pixels wide and high, not {self.size[0]} x {self.size[1]}"
            raise BadInput(msg)
        object.__setattr__(self, "size", Size(*self.size))
        object.__setattr__(self, "strokes", tuple(self.strokes))
        wrong = next((one for one in self.strokes if not isinstance(one, Stroke)), None)
        if wrong is not None:
            msg = f"a sketch is made of strokes, not of a {type(wrong).__name__}: Stroke(points)"
            raise BadInput(msg)
        if not isinstance(self.background, Picture | None):
            msg = f"the background of a sketch is a picture, not a {type(self.background).__name__}: Picture.of(it)"
            raise BadInput(msg)

    def __add__(self, stroke: Stroke) -> Sketch:
        """The sketch with one more stroke on top."""
        return replace(self, strokes=(*self.strokes, stroke))

    @property
    def is_empty(self) -> bool:
        """Whether there are no strokes; a picture below them does not count."""
        return not self.strokes

    @cached_property
    def lines(self) -> Sketch:
        """The sketch with its coloured areas in the colour of the paper, which still hide what is below them.

        The very sketch where nothing is coloured.
        """
        if not self.is_coloured:
            return self
        return self.with_strokes(tuple(one.in_white if self._lays_colour(one) else one for one in self.strokes))

    @cached_property
    def colours(self) -> Sketch:
        """The coloured areas of the sketch alone, with what was erased of them.

        An area, or what a broad pen covers, is coloured when it has any colour but black.
        """
        return self.with_strokes(tuple(one for one in self.strokes if one.tool != "brush" or self._lays_colour(one)))

    @property
    def is_coloured(self) -> bool:
        """Whether an area or a broad line of a brush has any colour but black."""
        return any(map(self._lays_colour, self.strokes))

    def _lays_colour(self, stroke: Stroke) -> bool:
        is_line = stroke.shape == "line" and stroke.size_px < _BROAD * min(self.size)
        return stroke.tool == "brush" and stroke.colour != "#000000" and not is_line

    def cleared(self) -> Sketch:
        """The same paper and background without strokes."""
        return replace(self, strokes=())

    @checked
    def with_strokes(self, strokes: tuple[Stroke, ...]) -> Sketch:
        """The same paper and background with these strokes."""
        return replace(self, strokes=strokes)

    @checked
    def with_background(self, background: Picture | None, size: Size | None = None) -> Sketch:
        """The same strokes over another picture, or over none; on paper of another size when given."""
        return replace(self, background=background, size=size or self.size)

    @checked
    def on_paper_of(self, shape: Size) -> Sketch:
        """The sketch on paper of this shape, with as many pixels as before, or more where the strokes want them.

        Strokes keep their size and their place from the middle, and none is cropped. The very sketch where its paper
        has this shape already.
        """
        now = self.size
        if shape.fitted_around(now) == now or abs(now.width * shape.height / (now.height * shape.width) - 1) < _SAME:
            return self
        reach = [reach_of(stroke, now) for stroke in self.strokes]
        needed = (
            Size(*(max(16, math.ceil(max(sides))) for sides in zip(*reach, strict=True))) if reach else Size(16, 16)
        )
        size = shape.with_pixels(now.pixels)
        if size.width < needed.width or size.height < needed.height:
            size = shape.fitted_around(needed)
        scale = min(1.0, MAX_SIDE_PX / max(size))
        size = Size(*(max(16, int(side * scale)) for side in size))
        strokes = tuple(shifted(stroke, now, size) for stroke in self.strokes)
        return replace(self, size=size, strokes=strokes)

    @checked
    def line(self, points: PointsLike, **pen: Any) -> Sketch:
        """The sketch with a line through these points; `pen` as in `Stroke`."""
        return self + Stroke(points_of(points), **pen)

    @checked
    def circle(self, x: float, y: float, radius: float, **pen: Any) -> Sketch:
        """The sketch with a circle; all in pixels of the sketch."""
        if not 0 <= radius <= LARGEST_COORDINATE:
            msg = f"the radius of a circle is 0 to {LARGEST_COORDINATE:,.0f} pixels, not {radius!r}"
            raise BadInput(msg)
        turns = np.linspace(0, 2 * math.pi, min(max(16, int(radius)), _MOST_CORNERS))
        return self.line(np.column_stack([x + radius * np.cos(turns), y + radius * np.sin(turns)]), **pen)

    @checked
    def polygon(self, points: PointsLike, **pen: Any) -> Sketch:
        """The sketch with a filled polygon; where it overlaps itself an even number of times it is open."""
        return self.line(points, shape="area", **pen)

    def to_dict(self) -> dict[str, Any]:
        """The sketch as JSON values; the background as base64 of PNG."""
        values: dict[str, Any] = {"size": list(self.size), "strokes": [stroke.to_dict() for stroke in self.strokes]}
        if self.background is not None:
            values["background"] = picture_to_text(self.background)
        return values

    @classmethod
    @checked
    def from_dict(cls, values: dict[str, Any]) -> Sketch:
        """The sketch that `to_dict` wrote, in this version or an older one.

        Raises:
            BadInput: when the values are not a sketch.
        """
        try:
            size = Size(*(int(side) for side in values["size"]))
            strokes = tuple(Stroke.from_dict(stroke) for stroke in values["strokes"])
            return cls(size, strokes, picture_from_text(values.get("background")))
        except BadInput:
            raise
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            msg = f"this is not a sketch: {error}"
            raise BadInput(msg) from error


@lru_cache(maxsize=1)
def picture_to_text(picture: Picture | None) -> str | None:
    """A picture as base64 of PNG, for JSON; None for none. Takes long, but not for the same picture again."""
    return None if picture is None else base64.b64encode(picture.to_png()).decode()


def picture_from_text(text: str | None) -> Picture | None:
    """The picture that `picture_to_text` wrote.

    Raises:
        BadInput: when the text is not a picture.
        ValueError: when it is not base64.
    """
    return None if text is None else Picture.of(base64.b64decode(text, validate=True))
