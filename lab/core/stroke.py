"""One stroke as a value: what a pen, a shape or a selection leaves; knows no pixels (see `raster`) and no sketch.

What a stroke covers, here, in `lab.core.raster` and in the browser's `ink/shape.js` and `ink/paint.js` alike:

- "line": at each point (x, y, pressure) the pen is a disc of radius `size_px / 2 * pressure`; neighbouring discs are
  joined by their convex hull.
- "area": what lies inside its rings an odd number of times; the pressure counts for nothing.
- "bitmap": a picture of coverage as large as the paper.

With `hardness` below 1 a line is drawn at `(1 + hardness) / 2` of its size; line and area are then blurred by a
Gaussian of standard deviation `(1 - hardness) * size_px / 8`. With `mirror`, the stroke and its mirror images on the
paper's middle are one shape. A stroke is as opaque everywhere as its `opacity`: it does not darken itself.
"""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterable, Sized
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, pairwise
from typing import Annotated, Any, TypeAlias

import numpy as np
from PIL import Image
from pydantic import SkipValidation

from lab.core.errors import BadInput
from lab.core.image_files import opened
from lab.core.picture import Mask
from lab.core.sentences.checked_call import checked
from lab.core.sentences.wording import shown

TOOLS = ("brush", "eraser", "keep")
"""What a stroke does where it covers: lays ink, takes ink away, or keeps it there and takes it away elsewhere."""
SHAPES = ("line", "area", "bitmap")
MIRRORS = ("", "x", "y", "xy")
"""Left and right changed, top and bottom changed, or both (four images)."""
MAX_POINTS = 50_000
"""The longest stroke taken in: minutes of drawing without lifting the pen."""
PointsLike: TypeAlias = Annotated[np.ndarray | Iterable[tuple[float, ...]], SkipValidation]
"""Points of x and y, or of x, y and pressure; `points_of` reads them, and says what is wrong with anything else."""
_COLOUR = re.compile(r"#[0-9a-f]{6}")
LARGEST_COORDINATE = 1e5
_NEW_FIELDS = {"shape": "line", "hardness": 1.0, "mirror": "", "breaks": ()}
"""Fields that older files lack, with what they mean there; not written when they say just that."""


@checked
@dataclass(frozen=True, eq=False)
class Stroke:
    """One stroke; the file's first lines say what it covers.

    Args:
        points: float32 array, n x 3: x and y in pixels of the sketch, pressure 0..1 (1 for a mouse).
        tool: one of `TOOLS`; only the brush has a colour.
        colour: `#rrggbb`.
        size_px: diameter at full pressure, in pixels of the sketch, 0.25..2048.
        opacity: 0..1, of the whole stroke.
        shape: one of `SHAPES`.
        hardness: 0..1; 1 has a sharp edge.
        mirror: one of `MIRRORS`.
        breaks: where in `points` an area's second ring begins, and its third, and so on.
        bitmap: the coverage of a "bitmap"; None for other shapes.

    Raises:
        BadInput: when any of these is out of range.
    """

    points: Annotated[np.ndarray, SkipValidation]
    tool: str = "brush"
    colour: str = "#000000"
    size_px: float = 6.0
    opacity: float = 1.0
    shape: str = "line"
    hardness: float = 1.0
    mirror: str = ""
    breaks: tuple[int, ...] = ()
    bitmap: Mask | None = None

    def __post_init__(self) -> None:
        """Check everything; the points become a read-only float32 array."""
        _check_choice("tool", self.tool, TOOLS)
        _check_choice("shape", self.shape, SHAPES)
        _check_choice("mirror", self.mirror, MIRRORS)
        if not (isinstance(self.colour, str) and _COLOUR.fullmatch(self.colour)):
            msg = f"a colour is written #rrggbb, not {self.colour!r}"
            raise BadInput(msg)
        _check_number("size_px", self.size_px, 0.25, 2048)
        _check_number("opacity", self.opacity, 0, 1)
        _check_number("hardness", self.hardness, 0, 1)
        if (self.shape == "bitmap") != isinstance(self.bitmap, Mask):
            msg = "a stroke has a bitmap when its shape is 'bitmap', and only then"
            raise BadInput(msg)
        points = _checked_points(self.points)
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "breaks", _checked_breaks(self.breaks, len(points)))

    @classmethod
    @checked
    def of_mask(cls, mask: Mask, tool: str = "brush", colour: str = "#000000") -> Stroke:
        """The stroke that covers what the mask covers; the mask is stretched over the whole paper."""
        return cls(np.zeros((1, 3), np.float32), tool=tool, colour=colour, shape="bitmap", bitmap=mask)

    @property
    def rings(self) -> list[np.ndarray]:
        """The points of each ring, n x 2; a line has one."""
        return np.split(self.points[:, :2], self.breaks)

    @cached_property
    def in_white(self) -> Stroke:
        """The same stroke in the colour of the paper; the same object every time."""
        return replace(self, colour="#ffffff")

    @property
    def drawn_size_px(self) -> float:
        """The diameter in pixels of the hard stroke that `blur_px` softens: half of `size_px` at hardness 0."""
        return self.size_px * (1 + self.hardness) / 2

    @property
    def blur_px(self) -> float:
        """The standard deviation of the blur, in pixels of the sketch; 0 for a hard stroke."""
        return (1 - self.hardness) * self.size_px / 8

    def __eq__(self, other: object) -> bool:
        """Whether the other stroke leaves the same mark."""
        return isinstance(other, Stroke) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        """A hash of the mark."""
        return hash((self.points.tobytes(), self.tool, self.colour, self.size_px, self.opacity, self.shape))

    def to_dict(self) -> dict[str, Any]:
        """The stroke as JSON values; the points as base64 of little-endian float32, a bitmap as base64 of PNG."""
        values: dict[str, Any] = {
            "tool": self.tool,
            "colour": self.colour,
            "size_px": self.size_px,
            "opacity": self.opacity,
            "points": base64.b64encode(self.points.astype("<f4").tobytes()).decode(),
        }
        for name, usual in _NEW_FIELDS.items():
            value = getattr(self, name)
            if value != usual:
                values[name] = list(value) if isinstance(value, tuple) else value
        if self.bitmap is not None:
            values["bitmap"] = base64.b64encode(_png(self.bitmap)).decode()
        return values

    @classmethod
    @checked
    def from_dict(cls, values: dict[str, Any]) -> Stroke:
        """The stroke that `to_dict` wrote, in this version or an older one.

        Raises:
            BadInput: when a field is missing, unknown or out of range.
        """
        try:
            points = np.frombuffer(base64.b64decode(values["points"], validate=True), "<f4").reshape(-1, 3)
            known = {**values, "points": points, "breaks": tuple(values.get("breaks", ()))}
            if "bitmap" in values:
                known["bitmap"] = _mask(base64.b64decode(values["bitmap"], validate=True))
            return cls(**known)
        except BadInput:
            raise
        except (KeyError, TypeError, ValueError, OSError, OverflowError, RecursionError) as error:
            msg = f"this is not a stroke: {error}"
            raise BadInput(msg) from error


def points_of(points: PointsLike) -> np.ndarray:
    """The points as a float32 array of their own, not more than a stroke and one more can have.

    Raises:
        BadInput: when they are no numbers.
    """
    try:
        if isinstance(points, np.ndarray):
            return np.array(points[: MAX_POINTS + 1], dtype=np.float32)
        return np.array([tuple(point) for point in islice(points, MAX_POINTS + 1)], dtype=np.float32)
    except Exception as error:  # whatever an iterator raises
        msg = f"the points of a stroke are numbers, n x 2 (x, y) or n x 3 (x, y, pressure), not {shown(points)}"
        raise BadInput(msg) from error


def reach_of(stroke: Stroke, paper: tuple[int, int]) -> tuple[float, float]:
    """The width and height of the smallest paper with the same middle on which nothing of a stroke is cropped.

    What lies outside of its own paper, (width, height) in pixels, counts for nothing.
    """
    if stroke.shape == "bitmap":
        return float(paper[0]), float(paper[1])
    around = stroke.size_px / 2 if stroke.shape == "line" else 0.0
    far = np.abs(stroke.points[:, :2] - np.divide(paper, 2)).max(axis=0) + around + 3 * stroke.blur_px
    return min(float(paper[0]), 2 * float(far[0])), min(float(paper[1]), 2 * float(far[1]))


def shifted(stroke: Stroke, paper: tuple[int, int], other: tuple[int, int]) -> Stroke:
    """The stroke on other paper, at the same place from the middle; papers are (width, height) in pixels."""
    by = np.subtract(other, paper) / 2
    points = stroke.points + np.array([*by, 0], np.float32)
    if stroke.bitmap is None:
        return replace(stroke, points=points)
    height, width = stroke.bitmap.pixels.shape
    scale = np.divide((width, height), paper)
    wide, high = (np.round(np.multiply(other, scale)).astype(int)).tolist()
    left, top = np.round(by * scale).astype(int).tolist()
    pixels = np.zeros((max(high, height), max(wide, width)), np.uint8)
    left, top = max(0, min(left, pixels.shape[1] - width)), max(0, min(top, pixels.shape[0] - height))
    pixels[top : top + height, left : left + width] = stroke.bitmap.pixels
    return replace(stroke, bitmap=Mask(pixels))


def _checked_points(points: PointsLike) -> np.ndarray:
    shape = points.shape if isinstance(points, np.ndarray) else (len(points),) if isinstance(points, Sized) else ()
    if math.prod(shape) > 3 * MAX_POINTS:  # before it is copied: a broadcast array has any size
        msg = f"a stroke has 1 to {MAX_POINTS} points of (x, y, pressure), this one has shape {shape}"
        raise BadInput(msg)
    array = points_of(points)
    if array.ndim == 2 and array.shape[1] == 2:
        array = np.column_stack([array, np.ones(len(array), np.float32)])
    if array.ndim != 2 or array.shape[1] != 3 or not 1 <= len(array) <= MAX_POINTS:
        msg = f"a stroke has 1 to {MAX_POINTS} points of (x, y, pressure), this one has shape {array.shape}"
        raise BadInput(msg)
    if not np.isfinite(array).all() or np.abs(array[:, :2]).max() > LARGEST_COORDINATE:
        msg = "a stroke has a point that is not a number or lies far outside the sketch"
        raise BadInput(msg)
    array[:, 2] = array[:, 2].clip(0, 1)
    array.flags.writeable = False
    return array


def _checked_breaks(breaks: tuple[int, ...], count: int) -> tuple[int, ...]:
    edges = (0, *breaks, count)
    if not all(isinstance(edge, int) for edge in edges) or any(b <= a for a, b in pairwise(edges)):
        msg = f"the breaks of a stroke rise from 1 to below its {count} points, not {breaks!r}"
        raise BadInput(msg)
    return tuple(breaks)


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        msg = f"there is no {name} {value!r}: use one of {', '.join(map(repr, choices))}"
        raise BadInput(msg)


def _check_number(name: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        msg = f"{name} must be between {low:g} and {high:g}, not {value!r}"
        raise BadInput(msg)


def _png(mask: Mask) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(mask.pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _mask(png: bytes) -> Mask:
    with opened(png) as image:
        return Mask(np.asarray(image.convert("L")))
