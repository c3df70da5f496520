"""Sizes and boxes in whole pixels, as values; knows nothing of pictures."""

from __future__ import annotations

import math
from typing import NamedTuple


class Size(NamedTuple):
    """A width and a height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        """The size as people write it, `640x480`."""
        return f"{self.width}x{self.height}"

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height

    def multiple_of(self, n: int) -> Size:
        """The nearest size whose sides are multiples of `n`, at least `n` each."""
        return Size(*(max(n, round(side / n) * n) for side in self))

    def fitted_into(self, room: Size) -> Size:
        """The largest size of the same shape inside `room`."""
        scale = min(room.width / self.width, room.height / self.height)
        return Size(*(max(1, round(side * scale)) for side in self))

    def fitted_around(self, content: Size) -> Size:
        """The smallest size of the same shape that holds `content`."""
        scale = max(content.width / self.width, content.height / self.height)
        return Size(*(max(1, round(side * scale)) for side in self))

    def with_pixels(self, pixels: int) -> Size:
        """The size of the same shape that has about `pixels` pixels."""
        scale = math.sqrt(pixels / self.pixels)
        return Size(*(max(1, round(side * scale)) for side in self))


class Box(NamedTuple):
    """A rectangle of pixels: left and top inside, right and bottom outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> Size:
        """Width and height; zero when the box is empty."""
        return Size(max(0, self.right - self.left), max(0, self.bottom - self.top))

    @property
    def is_empty(self) -> bool:
        """Whether it is 0 or fewer pixels wide or high."""
        return self.right <= self.left or self.bottom <= self.top

    def clipped(self, size: Size) -> Box:
        """The part of the box that lies on a picture of this size."""
        return Box(
            max(0, self.left),
            max(0, self.top),
            min(size.width, self.right),
            min(size.height, self.bottom),
        )

    @staticmethod
    def around(left: float, top: float, right: float, bottom: float) -> Box:
        """The smallest box of whole pixels around these edges."""
        return Box(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))
