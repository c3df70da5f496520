"""What a page may send that nobody would: seeded values, traits and messages; knows no assertion.

A browser's page belongs to whoever has the token, and so do its messages; none of them may take the kernel away, nor
what was drawn.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import traitlets
from ipywidgets import Widget
from PIL import Image

NUMBERS: list[Any] = [
    0,
    1,
    -1,
    7,
    0.5,
    -0.5,
    300,
    2**31,
    -(2**63),
    2**70,
    1e9,
    1e308,
    -1e308,
    float("nan"),
    float("inf"),
]
WORDS = [
    "",
    "x",
    "\0",
    "<b>",
    "#ffffff",
    "#000000",
    "../../x",
    "x" * 3000,
    "1e9",
    "add",
    "depth",
    "brush",
    "wand",
    "é🍎",
]
OPERATIONS = [
    "draw", "undo", "redo", "clear", "picture", "bucket", "wand", "invert", "fill_holes", "grow", "shrink", "feather",
    "load", "from_alpha", "reuse", "melt",
]  # fmt: skip
KINDS = ["redraw", "give", "layer", "run", "cancel", "computed", "enlarge", "go", "save", "answer"]
FIELDS = [
    "tool", "colour", "size_px", "opacity", "shape", "hardness", "mirror", "x", "y", "tolerance", "px", "mode", "box",
    "use", "name", "visible", "number", "typed", "resumed", "breaks", "bitmap",
]  # fmt: skip
LIKELY: dict[str, list[Any]] = {
    "tool": ["brush", "eraser", "keep"], "shape": ["line", "area", "bitmap"], "mirror": ["", "x", "y", "xy"],
    "mode": ["add", "subtract", "intersect"], "use": ["copy", "save"], "size_px": [6, 2048], "hardness": [0, 0.5, 1],
    "colour": ["#102030"], "px": [0, 9, 1024], "x": [5, 500], "y": [5, 500], "tolerance": [12, 90],
}  # fmt: skip


class Forger:
    """A source of forged values; the same seed gives the same again."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def one_of(self, values: Any) -> Any:
        """Any of them."""
        return self._dice.choice(list(values))

    def value(self, depth: int = 0) -> Any:
        """Any JSON value, or one that JSON has no word for."""
        kind = self._dice.random()
        if depth > 3 or kind < 0.65:
            return self.one_of([None, True, False, *NUMBERS, *WORDS])
        if kind < 0.8:
            return [self.value(depth + 1) for _ in range(self._dice.randrange(5))]
        if kind < 0.95:
            return {self.one_of([*FIELDS, *WORDS]): self.value(depth + 1) for _ in range(self._dice.randrange(4))}
        nested: list[Any] = []
        for _ in range(60):
            nested = [nested]
        return nested

    def bytes(self) -> bytes:
        """Any content: a picture, half of one, points, or nothing that is known."""
        match self._dice.randrange(5):
            case 0:
                return b""
            case 1:
                return self._dice.randbytes(self._dice.randrange(1, 400))
            case 2:
                return bytes([self._dice.randrange(2), *(self._dice.randrange(128) for _ in range(6 * 20))])
            case 3:
                return self._picture()
            case _:
                return self._picture()[: self._dice.randrange(1, 200)]

    def _picture(self) -> bytes:
        size = self.one_of([(1, 1), (64, 48), (900, 20)])
        buffer = io.BytesIO()
        mode = self.one_of(["RGB", "RGBA", "L", "1"])
        Image.new(mode, size, self._dice.randrange(256) if mode in "L1" else None).save(
            buffer, self.one_of(["PNG", "GIF"])
        )
        return buffer.getvalue()

    def trait(self, widget: Widget) -> tuple[str, Any]:
        """A trait of a widget and a value for it, mostly of its own type."""
        name = self.one_of([name for name in widget.keys if not name.startswith("_")])
        trait = widget.traits()[name]
        if self._dice.random() < 0.3:
            return name, self.value()
        return name, self._of_type(trait)

    def _of_type(self, trait: traitlets.TraitType[Any, Any]) -> Any:
        if isinstance(trait, traitlets.Enum):
            return self.one_of(trait.values or [None])
        kinds = {
            traitlets.Bool: lambda: self.one_of([True, False]),
            traitlets.Int: lambda: self.one_of([number for number in NUMBERS if isinstance(number, int)]),
            traitlets.Float: lambda: float(self.one_of(NUMBERS)),
            traitlets.Unicode: lambda: self.one_of(WORDS),
            traitlets.Bytes: lambda: memoryview(self.bytes()),
            traitlets.List: self._list,
            traitlets.Tuple: self._list,
            traitlets.Dict: self._dict,
        }
        return next((make() for kind, make in kinds.items() if isinstance(trait, kind)), None) or self.value()

    def _list(self) -> list[Any]:
        return [self.value(2) for _ in range(self._dice.randrange(5))]

    def _dict(self) -> dict[str, Any]:
        if self._dice.random() < 0.5:
            return {"box": [self.one_of(NUMBERS) for _ in range(self._dice.randrange(3, 6))], "seq": self.value(3)}
        return {self.one_of([*FIELDS, *WORDS]): self.value(2) for _ in range(self._dice.randrange(4))}

    def message(self, client: str, seq: int) -> tuple[dict[str, Any], list[memoryview]]:
        """A message and its buffers; half of them are changes with the number that is awaited."""
        buffers = [memoryview(self.bytes()) for _ in range(self._dice.randrange(3))]
        if self._dice.random() < 0.25:
            content = {"kind": self.one_of([*KINDS, self.value()])}
        else:
            content = {"kind": "op", "client": client, "seq": seq, "op": self.one_of(OPERATIONS)}
            if self._dice.random() < 0.15:
                content[self.one_of(content)] = self.value()
        if self._dice.random() < 0.5:
            content |= {name: self.one_of(values) for name, values in LIKELY.items() if name not in ("shape", "use")}
        for name in self._dice.sample(FIELDS, self._dice.randrange(4)):
            content[name] = self.one_of(LIKELY[name]) if name in LIKELY and self._dice.random() < 0.8 else self.value(2)
        return content, buffers


def parts_of(widget: Widget) -> list[Widget]:
    """A widget with everything in it."""
    found: list[Widget] = []

    def walk(one: Widget) -> None:
        if one in found:
            return
        found.append(one)
        for held in _held_by(one):
            walk(held)

    walk(widget)
    return found


def _held_by(widget: Widget) -> Iterator[Widget]:
    for name in widget.keys:
        value = getattr(widget, name)
        yield from (one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, Widget))


def points(seed: int) -> np.ndarray:
    """A stroke on any paper."""
    return np.random.default_rng(seed).uniform(0, 16, (3, 2))
