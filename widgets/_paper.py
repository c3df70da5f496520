"""Shows a sketch on an ipycanvas, sending only what changed; knows no browser events, no undo and no widget traits."""

from __future__ import annotations

import threading
from collections import deque
from itertools import starmap
from operator import is_

import numpy as np
from ipycanvas import Canvas, MultiCanvas, hold_canvas

from lab.core import raster
from lab.core.geometry import Box, Size
from lab.core.sketch import Sketch, Stroke

_SENDING = threading.Lock()
"""ipycanvas has one sender and one "current canvas" for the whole process, and neither knows threads."""
_PATCHES_KEPT = 64
"""How many of the last strokes can be taken back without drawing the sketch anew."""
_PATCHED_PIXELS = 1 << 20
"""Patches larger than this are not kept: drawing anew is cheaper than the memory."""


class Paper:
    """White paper with a sketch on it: `view` is the widget to display. Its owner holds a lock around every call.

    ipycanvas remembers nothing: call `send_all` whenever a browser comes (`canvases` tell when). It also decodes
    pictures in the background, while later commands already run. Therefore every message first puts the new pixels on
    a canvas that nobody sees and copies them from there in one go: no flicker, and no command leaves a state behind
    that the next one depends on.
    """

    def __init__(self, size: Size) -> None:
        """Blank paper."""
        self.view = MultiCanvas(2, width=size.width, height=size.height)
        self._buffer = Canvas(width=size.width, height=size.height)
        self._blank(size)

    @property
    def canvases(self) -> tuple[Canvas, ...]:
        """All canvases; each says `on_client_ready` in every browser that comes."""
        return (self.view[0], self.view[1], self._buffer)

    @property
    def pixels(self) -> np.ndarray:
        """What is shown: RGBA, straight alpha; not to be changed."""
        return self._pixels

    def show(self, sketch: Sketch) -> None:
        """Make the paper show this sketch, in the browser too."""
        if sketch is self._shown:
            return
        if sketch.size != self._shown.size:
            self._resize(sketch.size)
        before, after = self._shown.strokes, sketch.strokes
        self._shown = sketch
        if len(after) == len(before) + 1 and _begins_with(after, before):
            self._send(self._draw(after[-1]))
        elif len(after) == len(before) - 1 and _begins_with(before, after) and self._patches:
            self._send(self._take_back())
        else:
            self._draw_all(after)
            self.send_all()

    def send_all(self) -> None:
        """Send everything, for a browser that knows nothing yet."""
        size = self._shown.size
        self._send(Box(0, 0, size.width, size.height), with_paper=True)

    def close(self) -> None:
        """Close every canvas."""
        for widget in (self.view, *self.canvases):
            widget.layout.close()
            widget.close()

    def _blank(self, size: Size) -> None:
        self._pixels = np.zeros((size.height, size.width, 4), np.uint8)
        self._shown = Sketch(size)
        self._patches: deque[tuple[Box, np.ndarray] | None] = deque(maxlen=_PATCHES_KEPT)

    def _resize(self, size: Size) -> None:
        for canvas in (self.view, self._buffer):
            canvas.width, canvas.height = size
        self._blank(size)

    def _draw_all(self, strokes: tuple[Stroke, ...]) -> None:
        self._pixels[:] = 0
        self._patches.clear()
        for stroke in strokes:
            raster.draw(self._pixels, stroke, self._shown.size)

    def _draw(self, stroke: Stroke) -> Box:
        box = _reach(stroke).clipped(self._shown.size)
        kept = not box.is_empty and box.size.pixels <= _PATCHED_PIXELS
        self._patches.append((box, _part(self._pixels, box).copy()) if kept else None)
        return raster.draw(self._pixels, stroke, self._shown.size)

    def _take_back(self) -> Box:
        patch = self._patches.pop()
        if patch is None:
            self._draw_all(self._shown.strokes)
            return Box(0, 0, *self._shown.size)
        box, pixels = patch
        _part(self._pixels, box)[:] = pixels
        return box

    def _send(self, box: Box, *, with_paper: bool = False) -> None:
        if box.is_empty:
            return
        paper, ink = self.view[0], self.view[1]
        size = self._shown.size
        with _SENDING, hold_canvas():
            if with_paper:
                paper.fill_style = "#ffffff"
                paper.fill_rect(0, 0, size.width, size.height)
            self._buffer.global_composite_operation = "copy"
            self._buffer.put_image_data(_part(self._pixels, box), box.left, box.top)
            ink.clear_rect(box.left, box.top, box.size.width, box.size.height)
            ink.draw_image(self._buffer, 0, 0)


def _begins_with(longer: tuple[Stroke, ...], shorter: tuple[Stroke, ...]) -> bool:
    return all(starmap(is_, zip(longer, shorter, strict=False)))


def _reach(stroke: Stroke) -> Box:
    """A box that holds all pixels that the stroke can touch."""
    low, high = stroke.points[:, :2].min(0), stroke.points[:, :2].max(0)
    reach = stroke.size_px / 2 + 1
    return Box.around(low[0] - reach, low[1] - reach, high[0] + reach, high[1] + reach)


def _part(pixels: np.ndarray, box: Box) -> np.ndarray:
    return pixels[box.top : box.bottom, box.left : box.right]
