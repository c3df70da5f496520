"""A sketch as pixels that follow it: a new stroke costs that stroke, taking one back costs its pixels."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import is_

import numpy as np

from lab.core import raster
from lab.core.geometry import Box, Size
from lab.core.picture import Picture
from lab.core.sketch import Sketch
from lab.core.stroke import Stroke

_PATCH_BYTES = 96 << 20
"""What may be remembered to take strokes back; a usual stroke at 1024 x 1024 needs some 50 kB."""
_DENSE = 0.25
"""A stroke that covers more of its box is remembered as the whole box: that takes a tenth of the time."""
_PLACES_KEPT = 3
"""How many whole pictures are kept that a clear or a replace left behind."""


@dataclass(frozen=True, eq=False)
class _Patch:
    """What a stroke covered: which pixels of the layer, counted row by row (None: its box), and what they were."""

    box: Box
    places: np.ndarray | None
    pixels: np.ndarray

    @property
    def bytes(self) -> int:
        return self.pixels.nbytes + (0 if self.places is None else self.places.nbytes)


@dataclass(frozen=True, eq=False)
class _Place:
    """A sketch that was left behind, with its pixels."""

    paper: Size
    strokes: tuple[Stroke, ...]
    layer: np.ndarray
    patches: list[_Patch | None]


class GrowingRaster:
    """The pixels of one sketch at one size after another. Not locked: its owner is."""

    def __init__(self) -> None:
        self._paper = Size(0, 0)
        self._strokes: tuple[Stroke, ...] = ()
        self._layer = np.zeros((0, 0, 4), np.uint8)
        self._patches: list[_Patch | None] = []
        self._places: deque[_Place] = deque(maxlen=_PLACES_KEPT)

    @property
    def pixels(self) -> np.ndarray:
        """What `follow` was last told: RGBA, straight alpha; not to be changed."""
        return self._layer

    def picture(self, sketch: Sketch, size: Size | None = None) -> Picture:
        """What `rasterise` gives of this sketch, RGBA; only strokes since the last call are drawn."""
        self.follow(sketch, size or sketch.size)
        return Picture(self._layer)

    def follow(self, sketch: Sketch, size: Size) -> Box:
        """Make `pixels` those of this sketch at this size; the box outside of which nothing changed."""
        if self._layer.shape[:2] != (size.height, size.width):
            self._places.clear()
            self._layer = np.zeros((size.height, size.width, 4), np.uint8)
            self._begin(sketch.size)
        if self._paper == sketch.size:
            same = sum(1 for _ in takewhile(bool, map(is_, self._strokes, sketch.strokes)))
        else:
            same = 0
        is_jump = self._paper != sketch.size or (same == 0 and max(len(self._strokes), len(sketch.strokes)) > 1)
        if not is_jump and all(patch is not None for patch in self._patches[same:]):
            changed = [self._take_back() for _ in range(len(self._strokes) - same)]
        else:
            same, changed = self._jump(sketch), [Box(0, 0, size.width, size.height)]
        changed += [self._draw(stroke) for stroke in sketch.strokes[same:]]
        self._strokes = sketch.strokes
        return _around(changed)

    def _begin(self, paper: Size) -> None:
        self._paper, self._strokes, self._patches = paper, (), []

    def _jump(self, sketch: Sketch) -> int:
        """Go to the sketch if it was left behind, else to blank paper; how many of its strokes are drawn."""
        if self._strokes:
            self._places.append(_Place(self._paper, self._strokes, self._layer, self._patches))
        for place in self._places:
            if place.strokes is sketch.strokes and place.paper == sketch.size:
                self._places.remove(place)
                self._paper, self._strokes = place.paper, place.strokes
                self._layer, self._patches = place.layer, place.patches
                return len(place.strokes)
        self._layer = np.zeros_like(self._layer)
        self._begin(sketch.size)
        return 0

    def _draw(self, stroke: Stroke) -> Box:
        kept: list[_Patch] = []
        flat = self._layer.view(np.uint32).reshape(-1)
        width = self._layer.shape[1]

        def keep(box: Box, touched: np.ndarray) -> None:
            if np.count_nonzero(touched) > _DENSE * touched.size:
                kept.append(_Patch(box, None, self._layer[box.top : box.bottom, box.left : box.right].copy()))
                return
            rows, columns = np.nonzero(touched)
            places = ((rows + box.top) * width + columns + box.left).astype(np.uint32)
            kept.append(_Patch(box, places, flat[places]))

        box = raster.draw(self._layer, stroke, self._paper, before=keep)
        self._patches.append(kept[0] if kept else _Patch(Box(0, 0, 0, 0), *np.zeros((2, 0), np.uint32)))
        self._forget_the_oldest()
        return box

    def _take_back(self) -> Box:
        patch = self._patches.pop()
        if patch is None:
            return Box(0, 0, 0, 0)
        box = patch.box
        if patch.places is None:
            self._layer[box.top : box.bottom, box.left : box.right] = patch.pixels
        else:
            self._layer.view(np.uint32).reshape(-1)[patch.places] = patch.pixels
        return box

    def _forget_the_oldest(self) -> None:
        spare = sum(patch.bytes for patch in self._patches if patch) - _PATCH_BYTES
        for number, patch in enumerate(self._patches):
            if spare <= 0:
                return
            if patch:
                spare -= patch.bytes
                self._patches[number] = None


def _around(boxes: Sequence[Box]) -> Box:
    """The smallest box around all that are not empty."""
    full = [box for box in boxes if not box.is_empty]
    if not full:
        return Box(0, 0, 0, 0)
    lefts, tops, rights, bottoms = zip(*full, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))
