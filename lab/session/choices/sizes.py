"""Sizes that a model draws well, by the ratio of their sides; and what is made of any other."""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

from lab.core.catalogue import ModelCard
from lab.core.geometry import Size
from lab.tasks import picture_size

_RATIOS = ((1, 1), (5, 4), (4, 3), (3, 2), (16, 9), (21, 9), (4, 5), (3, 4), (2, 3), (9, 16))
"""Those of prints, cameras and screens, lying and standing."""


class RatioSize(NamedTuple):
    """The size of a ratio, such as "3:2", at a model's own count of pixels and in its steps."""

    ratio: str
    size: Size


def sizes_of(card: ModelCard) -> tuple[RatioSize, ...]:
    """A size for each usual ratio, the square first; of those that are the same in the model's steps, the nearest."""
    found: dict[Size, tuple[int, int]] = {}
    for ratio in _RATIOS:
        size = picture_size(card, Size(*ratio))
        found[size] = min(found.get(size, ratio), ratio, key=partial(_misses, size))
    return tuple(RatioSize(f"{ratio[0]}:{ratio[1]}", size) for size, ratio in found.items())


def snapped(card: ModelCard, width: int | None = None, height: int | None = None) -> Size:
    """The size that is drawn where these are asked for; a side that is None is the model's own."""
    return Size(width or card.native.width, height or card.native.height).multiple_of(card.multiple)


def locked(ratio: Size, *, width: int | None = None, height: int | None = None) -> Size:
    """The size with one side as given, and the other by the ratio; the ratio itself where none is given."""
    if width is not None:
        return Size(width, max(1, round(width * ratio.height / ratio.width)))
    if height is not None:
        return Size(max(1, round(height * ratio.width / ratio.height)), height)
    return ratio


def _misses(size: Size, ratio: tuple[int, int]) -> float:
    """How far a size is from a ratio."""
    return abs(math.log(size.width * ratio[1] / (size.height * ratio[0])))
