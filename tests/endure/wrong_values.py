"""Values that somebody may give where another was wanted: each is made anew by its function, by a name to report."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lab.core import Mask, Picture, Recipe, Request, Size, Sketch, Stroke


class Rude:
    """Raises whatever is asked of it."""

    def __repr__(self) -> str:
        raise RuntimeError

    __str__ = __len__ = __iter__ = __bool__ = __eq__ = __hash__ = __fspath__ = __float__ = __index__ = __repr__


class Words(str):
    """A subclass of str."""

    __slots__ = ()


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (24, 24), "red").save(buffer, "PNG")
    return buffer.getvalue()


def _closed() -> Image.Image:
    image = Image.open(io.BytesIO(_png()))
    image.close()
    return image


def _lazy_and_cut() -> Image.Image:
    return Image.open(io.BytesIO(_png()[:60]))


def _odd_exif() -> bytes:
    image, buffer = Image.new("RGB", (8, 8)), io.BytesIO()
    exif = image.getexif()
    exif[0x0112] = 99
    image.save(buffer, "JPEG", exif=exif.tobytes()[:-3] + b"\xff\xff")
    return buffer.getvalue()


def _within_itself() -> list[Any]:
    rings: list[Any] = []
    rings.append(rings)
    return rings


def _table_within_itself() -> dict[str, Any]:
    table: dict[str, Any] = {}
    table["self"] = table
    return table


def _deep() -> list[Any]:
    deep: list[Any] = []
    for _ in range(3000):
        deep = [deep]
    return deep


WRONG: dict[str, Callable[[], Any]] = {
    **{
        f"{value!r:.40}": lambda value=value: value
        for value in (
            None, True, False, 0, -1, 7, 1.5, -0.5, 10**6, 10**400, -(2**63), math.nan, math.inf, -math.inf, 1e300, 1j,
            Decimal("NaN"), Decimal(3), Fraction(1, 3), "", " ", "a", "\0", "a\0b.png", "a\nb", "\ud800", "~nobody/x",
            "~", "/", ".", "..", "../../etc/passwd", "/dev/null", "/etc/passwd", "owner/name", "owner/name:../x",
            "sd15", "starter + taylorseer", "starter + nothing", "#12345", "nan", "None", "-1", "[]", "{}", b"", b"\0",
            b"\x89PNG\r\n\x1a\n", b"not a picture", bytearray(b"x"), memoryview(b"x"), (), (1,), (1, 2), (1, 2, 3),
            (None, None), ("a", "b"), (math.nan, math.nan), frozenset({1}), ..., NotImplemented, int, dict, print, Size,
            Path("nothing.png"), Path("a\0b"), Path(), Path("/"), datetime(2024, 1, 1, tzinfo=UTC), slice(3), range(5),
            range(10**9), ValueError("a\nb"), Words("a red apple"), np.int64(3), np.float32("nan"), np.bool_(1),
        )
    },
    "a long name": lambda: "x" * 300,
    "a very long name": lambda: "x" * 5000,
    "a long name of two bytes each": lambda: "é" * 200,
    "a long path": lambda: Path("x" * 300),
    "a path with many parts": lambda: Path("/".join(["x" * 200] * 30)),
    "an object": object,
    "somebody rude": Rude,
    "a function": lambda: lambda *_, **__: None,
    "[]": list,
    "{}": dict,
    "set()": set,
    "a list of numbers": lambda: [1, 2, 3],
    "a list of points": lambda: [(1, 2), (3, 4)],
    "a list of lists": lambda: [[1, [2]], "a"],
    "a list of None": lambda: [None, None],
    "a list of points that are none": lambda: [(math.nan, math.inf), (1e300, 2)],
    "a ragged list": lambda: [(1, 2), (3, 4, 5, 6)],
    "a table": lambda: {"a": 1},
    "a table of wrong keys": lambda: {1: 2, None: object()},
    "a table of one prompt": lambda: {"prompt": []},
    "a table of nested things": lambda: {"steps": {"a": [object()]}},
    "a list within itself": _within_itself,
    "a table within itself": _table_within_itself,
    "a deep list": _deep,
    "a generator": lambda: (one for one in (1, 2)),
    "an iterator without an end": itertools.count,
    "np.matrix": lambda: np.ones((2, 2)).view(np.matrix),
    "an array of floats": lambda: np.full((4, 4), 0.5),
    "an array of NaN": lambda: np.full((4, 4, 3), np.nan),
    "an empty array": lambda: np.zeros((0, 0, 3), np.uint8),
    "an array of five channels": lambda: np.zeros((4, 4, 5), np.uint8),
    "an array of four dimensions": lambda: np.zeros((1, 4, 4, 3), np.uint8),
    "an array of int64": lambda: np.zeros((4, 4, 3), np.int64),
    "an array of text": lambda: np.array([["a", "b"]]),
    "an array of objects": lambda: np.array([object(), None]),
    "an array of nothing": lambda: np.array(None),
    "a complex array": lambda: np.zeros((4, 4), complex),
    "an array of dates": lambda: np.array(["NaT"], "datetime64[s]"),
    "a record array": lambda: np.zeros(3, [("x", "f4"), ("y", "O")]),
    "a masked array": lambda: np.ma.masked_all((4, 4, 3), np.uint8),
    "a closed PIL image": _closed,
    "a PIL image that is not all there": _lazy_and_cut,
    "a PIL image of floats": lambda: Image.fromarray(np.full((4, 4), np.nan, np.float32)),
    "a PIL image without pixels": lambda: Image.new("RGB", (0, 0)),
    "a PIL image with a palette of its own": lambda: Image.new("P", (4, 4)),
    "a PIL image in CMYK": lambda: Image.new("CMYK", (4, 4)),
    "a JPEG with odd EXIF": _odd_exif,
    "a PNG": _png,
    "half a PNG": lambda: _png()[:50],
    "a picture": lambda: Picture(np.zeros((24, 24, 3), np.uint8)),
    "a small picture": lambda: Picture(np.zeros((1, 1, 4), np.uint8)),
    "a mask": lambda: Mask(np.zeros((24, 24), np.uint8)),
    "a sketch": lambda: Sketch().line([(1, 2), (30, 40)]),
    "a stroke": lambda: Stroke(np.zeros((1, 2), np.float32)),
    "a recipe": Recipe,
    "a request": lambda: Request(Recipe()),
    "a class of ours": lambda: Sketch,
}  # fmt: skip
