"""Settings that are dragged on a canvas, bound both ways to the panel by what a task declares; knows no task's name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from PIL import Image
from typing_extensions import override

from lab.core.errors import SketchlabError
from lab.core.picture import Mask, Picture
from lab.retouch.masks import mask_bounds
from lab.retouch.product_placement import Placement, placed_box
from lab.tasks import Task
from lab.vision.cutout import cut_out
from widgets.base.background_queue import BackgroundQueue
from widgets.canvas.drag_box import DragBox, Edges
from widgets.canvas.picture_canvas import PictureCanvas
from widgets.canvas.sketch_canvas import SketchCanvas
from widgets.panel.param_panel import ParamPanel
from widgets.studio.inputs.task_inputs import TaskInput

_FARTHEST_PX = 4096
"""As far as a picture can grow on a side."""
_DIGITS = 3
"""Of a share of the scene: about a pixel."""


class Dragged(ABC):
    """Settings of a task as a frame on a canvas."""

    names: ClassVar[tuple[str, ...]]
    """Of the settings that the frame sets."""
    looks_at: ClassVar[tuple[str, ...]] = ()
    """Of those that change the frame."""
    panel: ParamPanel | None = None
    """Whose settings they are; another one's when the lab draws with another model."""
    canvas: SketchCanvas
    """What the frame lies on."""

    @abstractmethod
    def frame(self, settings: dict[str, Any]) -> DragBox | None:
        """The frame for these settings; None when there is nothing to drag yet."""

    @abstractmethod
    def settings(self, edges: Edges) -> dict[str, Any]:
        """The settings of a frame that was dragged there."""

    @abstractmethod
    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back when the frame may have changed, though the settings have not; on any thread."""

    def look(self) -> None:  # noqa: B027 - most have their frame at once
        """A setting that changes the frame is another one."""

    def close(self) -> None:  # noqa: B027 - most have nothing to end
        """End what works beside the main thread; called when the Studio closes."""


class Growth(Dragged):
    """The edges of a picture that grows: pixels added on each side."""

    names = ("left", "top", "right", "bottom")

    def __init__(self, canvas: SketchCanvas) -> None:
        self.canvas = canvas

    @override
    def frame(self, settings: dict[str, Any]) -> DragBox | None:
        sketch = self.canvas.sketch
        if sketch.background is None:
            return None
        width, height = sketch.size
        left, top, right, bottom = (settings[name] for name in self.names)
        return DragBox(Edges(-left, -top, width + right, height + bottom), "Edges of the new picture", grows=True)

    @override
    def settings(self, edges: Edges) -> dict[str, Any]:
        width, height = self.canvas.sketch.size
        wanted = (-edges.left, -edges.top, edges.right - width, edges.bottom - height)
        return {name: min(_FARTHEST_PX, max(0, round(px))) for name, px in zip(self.names, wanted, strict=True)}

    @override
    def on_change(self, callback: Callable[[], None]) -> None:
        self.canvas.on_change(callback)


class Standing(Dragged):
    """A product in its scene: where it stands, and how high it is. It is cut out beside the kernel's main thread."""

    names, looks_at = ("x", "y", "product_height"), ("finder", "turn")

    def __init__(self, product: PictureCanvas, scene: PictureCanvas) -> None:
        self.canvas, self._product = scene, product
        self._queue = BackgroundQueue("cutting a product out for its frame")
        self._cut: Picture | None = None
        self._cut_from: tuple[Any, ...] = ()
        self._tell: Callable[[], None] = lambda: None

    @override
    def frame(self, settings: dict[str, Any]) -> DragBox | None:
        cut = self._cut
        if cut is None:
            return None
        placement = Placement(*(settings[name] for name in self.names))
        return DragBox(Edges(*placed_box(cut, self.canvas.sketch.size, placement)), "The product", picture=cut)

    @override
    def settings(self, edges: Edges) -> dict[str, Any]:
        width, height = self.canvas.sketch.size
        wanted = ((edges.left + edges.right) / 2 / width, edges.bottom / height, edges.height / height)
        low_high = ((0, 1), (0, 1.5), (0.02, 1.5))
        bounded = [min(high, max(low, share)) for share, (low, high) in zip(wanted, low_high, strict=True)]
        return {name: round(share, _DIGITS) for name, share in zip(self.names, bounded, strict=True)}

    @override
    def on_change(self, callback: Callable[[], None]) -> None:
        self._tell = callback
        self._product.on_change(self.look)
        self.canvas.on_change(self.look)
        self.look()

    @override
    def look(self) -> None:
        self._queue.run_next(self._cut_it_out)

    @override
    def close(self) -> None:
        self._queue.close()

    def _cut_it_out(self) -> None:
        """On the queue: the product as it is now, on paper of the shape that the scene will have."""
        if self.panel is None:
            return
        picture, settings = self._product.picture, self.panel.settings
        wanted = (picture and picture.hash, settings["finder"], settings["turn"])
        if wanted != self._cut_from:
            self._cut = _cut(picture, settings["finder"], settings["turn"]) if picture else None
            self._cut_from = wanted
        if picture and self.canvas.background is None and self.canvas.sketch.is_empty:
            self.canvas.take_size(picture.size)
        self._tell()


def dragged(task: Task, sources: Sequence[TaskInput]) -> Dragged | None:
    """What a person can drag here; None when the task declares nothing."""
    canvases = [surface for source in sources for surface in source.surfaces if isinstance(surface, PictureCanvas)]
    if task.frame == "edges":
        return Growth(canvases[0])
    return Standing(canvases[0], canvases[-1]) if task.frame == "place" else None


def bind(found: Dragged, panel: ParamPanel) -> None:
    """Let frame and panel follow each other; once more with another panel, which takes the place of the first."""

    def follow() -> None:
        if found.panel is None:
            return
        with found.canvas.guard:  # read and shown as one, or another thread's older settings could be shown last
            found.canvas.show_frame(found.frame(found.panel.settings))

    def drag(edges: Edges) -> None:
        if found.panel is not None:
            found.panel.settings = found.settings(edges)
        follow()

    is_first, found.panel = found.panel is None, panel
    panel.on_setting(found.names, follow)
    panel.on_setting(found.looks_at, found.look)
    if is_first:
        found.canvas.on_drag(drag)
        found.on_change(follow)
        found.canvas.ink.post(tool="frame")
    follow()


def _cut(picture: Picture, finder: str, degrees: int) -> Picture | None:
    """The visible part of the product; None when it cannot be told apart, which the task itself will say in words."""
    try:
        found = cut_out(picture, model=finder)
    except SketchlabError:
        return None
    if degrees:
        found = Picture.of(found.to_pil().rotate(-degrees, Image.Resampling.BICUBIC, expand=True))
    own = mask_bounds(Mask.from_alpha(found))
    return None if own.is_empty else Picture(found.pixels[own.top : own.bottom, own.left : own.right])
