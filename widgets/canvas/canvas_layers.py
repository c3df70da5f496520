"""Sends the layers of a canvas to the browser as ipycanvas canvases, only what changed; knows no events and no undo."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ipycanvas import Canvas, hold_canvas
from ipycanvas.canvas import COMMANDS
from PIL import Image

from lab.core.errors import BadInput
from lab.core.geometry import Box, Size
from lab.core.incremental_raster import GrowingRaster
from lab.core.picture import Picture
from lab.core.sketch import Sketch
from widgets.base.thread_safe import ThreadSafe

_SENDING = threading.Lock()
"""ipycanvas has one sender and one "current canvas" for the whole process, and neither knows threads."""
_LARGEST_PX = 2048
"""The longest side of what is sent: a paper that is larger is shown smaller."""
BACKGROUND = "background"


@dataclass(frozen=True)
class Layer:
    """One layer as the browser shows it.

    Args:
        name: of the layer, once in a canvas.
        opacity: 0..1.
        visible: whether it is seen.
        tint: `#rrggbb` to show all its ink in that colour, or empty.
        legend: what that colour means, for the legend beside the canvas, or empty.
    """

    name: str
    opacity: float = 1.0
    visible: bool = True
    tint: str = ""
    legend: str = ""

    def __post_init__(self) -> None:
        """Check the opacity.

        Raises:
            BadInput: when it is out of range.
        """
        if not 0 <= self.opacity <= 1:
            msg = f"the opacity of a layer must be between 0 and 1, not {self.opacity!r}"
            raise BadInput(msg)


class _Pixels(ThreadSafe, Canvas):
    """A canvas of ipycanvas whose size changes on any thread."""


class CanvasLayers:
    """The layers of one canvas, from the lowest to the highest. Its owner holds a lock around every call.

    ipycanvas remembers nothing: call `send_all` whenever a browser comes (`on_browser` tells when). It also decodes
    pictures in the background, while later commands already run. Therefore every message ends on a canvas of two
    pixels, the stamp: the colour of the first is the number of the message, that of the second the number of the last
    message that held everything. Once the stamp has a new frame, all canvases belong together (`ink/layers.js` waits
    for it).
    """

    def __init__(self, sketch: Sketch, layers: tuple[Layer, ...], drawn: str) -> None:
        """Blank layers; `show` fills them, that of the strokes is named `drawn`."""
        self.drawn = drawn
        self.layers = layers
        self.revision = 0
        self._is_closed = False
        self._sketch = sketch.cleared().with_background(None)
        self._density = 1
        self._raster = GrowingRaster()
        self._pictures: dict[str, Picture] = {}
        self._canvases: dict[str, _Pixels] = {}
        self.stamp = Canvas(width=2, height=1)
        for layer in layers:
            self._canvas_of(layer.name)
        self._raster.follow(self._sketch, self.size)

    @property
    def size(self) -> Size:
        """Pixels of what is sent: those of the paper times the screen's density, 2048 a side at most."""
        paper = self._sketch.size
        finer = Size(paper.width * self._density, paper.height * self._density)
        return min(finer, finer.fitted_into(Size(_LARGEST_PX, _LARGEST_PX)))

    @property
    def pixels(self) -> np.ndarray:
        """The strokes as they are shown: RGBA, straight alpha, of `size`; not to be changed."""
        return self._raster.pixels

    def described(self) -> list[dict[str, Any]]:
        """The layers as the browser's `layers` trait has them."""
        return [
            {
                "name": layer.name,
                "canvas": self._canvases[layer.name].model_id,
                "opacity": layer.opacity,
                "visible": layer.visible,
                "tint": layer.tint,
                "legend": layer.legend,
            }
            for layer in self.layers
        ]

    def on_browser(self, callback: Callable[[], None], *, remove: bool = False) -> None:
        """Call back when a browser comes that has none of the pixels."""
        self.stamp.on_client_ready(callback, remove=remove)

    def show(self, sketch: Sketch) -> None:
        """Make the layers show this sketch, in the browser too."""
        if sketch is self._sketch:
            return
        before, self._sketch = self._sketch, sketch
        if sketch.size != before.size:
            self._resize()
            return
        if sketch.background is not before.background:
            self._send(BACKGROUND, self._whole)
        changed = self._raster.follow(sketch, self.size)
        if not changed.is_empty:
            self._send(self.drawn, changed)

    def put(self, layer: Layer, picture: Picture) -> None:
        """Show a picture on a layer of its own, stretched over the paper; nothing happens when all is closed."""
        if self._is_closed:
            return
        if layer.name not in self._canvases:
            self.layers = (*self.layers, layer)
        self._canvas_of(layer.name)
        self._pictures[layer.name] = picture
        self._send(layer.name, self._whole)

    def remove(self, name: str) -> None:
        """Take a layer of `put` away."""
        self.layers = tuple(layer for layer in self.layers if layer.name != name)
        self._pictures.pop(name, None)
        canvas = self._canvases.pop(name)
        canvas.layout.close()
        canvas.close()

    def arrange(self, layers: tuple[Layer, ...]) -> None:
        """Other opacities, other order; the names stay."""
        self.layers = layers

    def picture_of(self, name: str) -> Picture | None:
        """The picture on a layer: as it was given, or what is drawn."""
        if name == self.drawn:
            return Picture(self.pixels.copy())
        return self._sketch.background if name == BACKGROUND else self._pictures.get(name)

    def sharpen(self, density: int) -> None:
        """Send as many pixels for one of the paper's in each direction, from now on."""
        if density != self._density:
            self._density = density
            self._resize()

    def send_all(self) -> None:
        """Send everything, for a browser that knows nothing yet."""
        self._send_layers([(layer.name, self._whole) for layer in self.layers])

    def close(self) -> None:
        """Close every canvas; none is made any more."""
        self._is_closed = True
        for canvas in (*self._canvases.values(), self.stamp):
            canvas.layout.close()
            canvas.close()

    @property
    def _whole(self) -> Box:
        return Box(0, 0, *self.size)

    def _canvas_of(self, name: str) -> None:
        if name not in self._canvases:
            self._canvases[name] = _Pixels(width=self.size.width, height=self.size.height)

    def _resize(self) -> None:
        for canvas in self._canvases.values():
            if (canvas.width, canvas.height) != self.size:
                canvas.post(width=self.size.width, height=self.size.height)
        self._raster.follow(self._sketch, self.size)
        self.send_all()

    def _pixels_of(self, name: str) -> np.ndarray | None:
        if name == self.drawn:
            return self.pixels
        picture = self._sketch.background if name == BACKGROUND else self._pictures.get(name)
        if picture is None:
            return None
        return on_paper(picture, self.size) if name == BACKGROUND else picture.resized(self.size).pixels

    def _send(self, name: str, box: Box) -> None:
        self._send_layers([(name, box)])

    def _send_layers(self, parts: list[tuple[str, Box]]) -> None:
        self.revision += 1
        with _SENDING, hold_canvas():
            for name, box in parts:
                canvas, pixels = self._canvases[name], self._pixels_of(name)
                canvas.clear_rect(box.left, box.top, box.size.width, box.size.height)
                if pixels is not None and not box.is_empty:
                    _put(canvas, pixels[box.top : box.bottom, box.left : box.right], box.left, box.top)
            self.stamp.fill_style = f"#{self.revision & 0xFFFFFF:06x}"
            self.stamp.fill_rect(0, 0, 2 if len(parts) == len(self.layers) else 1, 1)


def _put(canvas: Canvas, pixels: np.ndarray, left: int, top: int) -> None:
    """What `canvas.put_image_data` does, three times as fast and half as large: it would compress PNG, and slowly."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", lossless=True, quality=0, method=0)
    manager = canvas._canvas_manager  # noqa: SLF001 the public way always compresses PNG
    manager.send_draw_command(canvas, COMMANDS["putImageData"], [left, top], [buffer.getvalue()])


def on_paper(picture: Picture, size: Size) -> np.ndarray:
    """A picture in the middle of paper of another size, as large as fits: RGBA, transparent around it."""
    fitted = picture.resized(picture.size.fitted_into(size)).pixels
    paper = np.zeros((size.height, size.width, 4), np.uint8)
    top, left = (size.height - fitted.shape[0]) // 2, (size.width - fitted.shape[1]) // 2
    place = paper[top : top + fitted.shape[0], left : left + fitted.shape[1]]
    place[..., : fitted.shape[2]] = fitted
    if fitted.shape[2] == 3:
        place[..., 3] = 255
    return paper
