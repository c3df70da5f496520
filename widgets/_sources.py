"""What a task is fed from: a sketch, a picture, a picture with a mask, a control map.

The task chooses; here is one kind each. A source shows itself, gives the arguments of `lab.request`, and says what it
still lacks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from ipywidgets import HTML, Layout, VBox

from lab.core.errors import BadInput
from lab.core.guides import ReferenceGuide
from lab.core.picture import Picture
from lab.core.recipe import Reference
from lab.session import Lab
from lab.tasks import Task, picture_size, sketch_size
from widgets._closing import close_all
from widgets._lane import Lane
from widgets.control_preview import ControlPreview
from widgets.mask_painter import MaskPainter
from widgets.picture_canvas import PictureCanvas
from widgets.sketch_canvas import SketchCanvas


class Source(ABC):
    """One thing that a task is fed from."""

    name: str = "image"
    """What its picture is, in one word."""
    views: tuple[Any, ...]
    """What it shows, in columns."""
    workshop: tuple[Any, ...] = ()
    """What it shows after the result: how the one is made into the other."""
    easels: tuple[SketchCanvas | MaskPainter, ...]
    """What is drawn or painted on."""

    @abstractmethod
    def arguments(self) -> dict[str, Any]:
        """The arguments of `lab.request`; those of an empty source are left out."""

    @property
    def lacks(self) -> str:
        """What a person must do before there is anything to draw; empty when all is there."""
        return ""

    @abstractmethod
    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back after every change, on any thread."""


class SketchSource(Source):
    """A canvas whose strokes are followed."""

    def __init__(self, lab: Lab, name: str) -> None:
        self._lab = lab
        self.canvas = SketchCanvas(history=lab.autosave.history(name))
        self.views = self.easels = (self.canvas,)

    def arguments(self) -> dict[str, Any]:
        sketch = self.canvas.sketch
        if sketch.is_empty:
            return {}
        return {"sketch": self.canvas.to_picture(sketch_size(self._lab.card, sketch.size))}

    @property
    def lacks(self) -> str:
        return "The canvas is empty: draw something first." if self.canvas.sketch.is_empty else ""

    def on_change(self, callback: Callable[[], None]) -> None:
        self.canvas.on_change(lambda _: callback())


class PictureSource(Source):
    """A canvas whose picture, with everything that is painted on it, is the one to start from."""

    def __init__(self, lab: Lab, name: str, use: str = "") -> None:
        self.canvas = PictureCanvas(history=lab.autosave.history(name))
        self.easels = (self.canvas,)
        self.views = (_titled(use, self.canvas),) if use else self.easels

    def arguments(self) -> dict[str, Any]:
        picture = self.canvas.picture
        return {} if picture is None else {"image": picture}

    @property
    def lacks(self) -> str:
        sketch = self.canvas.sketch
        if sketch.background or sketch.strokes:
            return ""
        return "There is no picture yet: drop one on the canvas, open one, or paint."

    def on_change(self, callback: Callable[[], None]) -> None:
        self.canvas.on_change(lambda _: callback())


class MaskSource(Source):
    """A painter: its picture, and a mask of it, which some tasks can do without."""

    def __init__(self, lab: Lab, name: str, *, is_needed: bool) -> None:
        self._is_needed = is_needed
        self.painter = MaskPainter(history=lab.autosave.history(name), selector_of=lab.select)
        self.views = self.easels = (self.painter,)

    def arguments(self) -> dict[str, Any]:
        picture, mask = self.painter.background, self.painter.mask
        if picture is None:
            return {}
        if mask.pixels.any():
            return {"image": picture, "mask": mask}
        return {} if self._is_needed else {"image": picture}

    @property
    def lacks(self) -> str:
        if self.painter.background is None:
            return "There is no picture yet: drop one on the canvas, or open one."
        if self._is_needed and not self.painter.mask.pixels.any():
            return "Nothing is masked: paint over what shall change."
        return ""

    def on_change(self, callback: Callable[[], None]) -> None:
        self.painter.on_change(lambda _: callback())


class ControlSource(Source):
    """A picture, and every preprocessor's map of it; the map on screen, painted on or not, is what is used."""

    def __init__(self, lab: Lab, name: str) -> None:
        if not lab.card.controls:
            msg = f"{lab.card.name} has no ControlNet: use starter, sd15 or sdxl for {name}"
            raise BadInput(msg)
        self._lane = Lane(f"lab-{name}-look")
        self._picture = PictureSource(lab, name)
        self._background = self._picture.canvas.background
        self.easels = self._picture.easels
        self.preview = ControlPreview(
            kinds=tuple(lab.card.controls),
            size=lambda shape: picture_size(lab.card, shape),
            history=lab.autosave.history(f"{name}.map"),
        )
        self.views, self.workshop = self.easels, (self.preview,)
        self._picture.on_change(lambda: self._lane.hurry(self._look))
        self._look()

    def arguments(self) -> dict[str, Any]:
        guide = self.preview.guide
        return {} if self.lacks or guide is None else {"controls": [guide]}

    @property
    def lacks(self) -> str:
        if self._picture.lacks:
            return self._picture.lacks
        if self.preview.map:
            return ""
        return self.preview.shown.get("sentence") or "The control map is not there yet."

    def on_change(self, callback: Callable[[], None]) -> None:
        self.preview.on_change(lambda _: callback())

    def _look(self) -> None:
        """Look at the picture as it is now; strokes on it leave what was painted on its map where it is.

        After a change on the lane, since a large picture takes long to put together.
        """
        before, self._background = self._background, self._picture.canvas.background
        image = self._picture.arguments().get("image")
        self.preview.look_at(image, keeps_paint=before == self._background)


class SecondSource(Source):
    """A second picture that a task may do without: a style to borrow, or a scene to stand in."""

    def __init__(self, lab: Lab, task: str, name: str, give: Callable[[Picture], dict[str, Any]], use: str) -> None:
        self.name = name
        self._picture = PictureSource(lab, f"{task}.{name}", use)
        self._give = give
        self.easels, self.views = self._picture.easels, self._picture.views

    def arguments(self) -> dict[str, Any]:
        given = self._picture.arguments()
        return self._give(given["image"]) if given else {}

    def on_change(self, callback: Callable[[], None]) -> None:
        self._picture.on_change(callback)


def _titled(use: str, canvas: PictureCanvas) -> VBox:
    title = HTML(f"<b>{use}</b>", layout=Layout(margin="0"))
    return VBox([title, canvas], layout=Layout(width="100%", min_width="0"))


def _style(picture: Picture) -> dict[str, Any]:
    return {"references": [ReferenceGuide(Reference(picture=picture.hash, lends="style"), picture)]}


def _scene(picture: Picture) -> dict[str, Any]:
    return {"scene": picture}


def sources_of(lab: Lab, task: Task) -> list[Source]:
    """The sources of a task, by what it declares."""
    needs: frozenset[str] = task.needs
    found: list[Source] = []
    if "mask" in needs | task.listens_to:
        found.append(MaskSource(lab, task.name, is_needed="mask" in needs))
    elif "image" in needs:
        use = "Product" if "scene" in task.listens_to else "Picture" if task.borrows_palettes else ""
        found.append(PictureSource(lab, task.name, use))
    elif "controls" in needs:
        found.append(SketchSource(lab, task.name) if task.sketch else ControlSource(lab, task.name))
    if "scene" in task.listens_to:
        found.append(SecondSource(lab, task.name, "scene", _scene, "Scene (or let the words draw one)"))
    if task.borrows_palettes:
        found.append(SecondSource(lab, task.name, "style", _style, "Style (or let the words say it)"))
    return found


def close(source: Source) -> None:
    """Close everything that a source shows."""
    for view in (*source.views, *source.workshop):
        if view in source.easels:
            view.close()
        else:
            close_all(view)
