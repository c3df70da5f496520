"""What a task is fed from: a sketch, a picture, a picture with a mask, a control map.

The task chooses; here is one kind each. A source shows itself, gives the arguments of `lab.request`, and says what it
still lacks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ipywidgets import HTML, Layout, VBox

from lab.core.guides import ControlGuide, ReferenceGuide
from lab.core.picture import Picture
from lab.core.recipe import Reference
from lab.session import Lab
from lab.tasks import Task, picture_size
from widgets._closing import close_all
from widgets.control_preview import ControlPreview
from widgets.mask_painter import MaskPainter
from widgets.picture_canvas import PictureCanvas
from widgets.sketch_canvas import SketchCanvas


class Source(Protocol):
    """One thing that a task is fed from."""

    @property
    def views(self) -> tuple[Any, ...]:
        """What it shows, in columns."""
        ...

    @property
    def easels(self) -> tuple[SketchCanvas | MaskPainter, ...]:
        """What is drawn or painted on."""
        ...

    def arguments(self) -> dict[str, Any]:
        """The arguments of `lab.request`; those of an empty source are left out."""
        ...

    @property
    def lacks(self) -> str:
        """What a person must do before there is anything to draw; empty when all is there."""
        ...

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back after every change, on any thread."""
        ...


class SketchSource:
    """A canvas whose strokes are followed."""

    def __init__(self, lab: Lab, name: str) -> None:
        self._lab = lab
        self.canvas = SketchCanvas(history=lab.autosave.history(name))
        self.views = self.easels = (self.canvas,)

    def arguments(self) -> dict[str, Any]:
        sketch = self.canvas.sketch
        if sketch.is_empty:
            return {}
        return {"sketch": self.canvas.to_picture(self._lab.sketch_size(sketch.size))}

    @property
    def lacks(self) -> str:
        return "The canvas is empty: draw something first." if self.canvas.sketch.is_empty else ""

    def on_change(self, callback: Callable[[], None]) -> None:
        self.canvas.on_change(lambda _: callback())


class PictureSource:
    """A canvas whose picture, with everything that is painted on it, is the one to start from."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.canvas = PictureCanvas(history=lab.autosave.history(name))
        self.views = self.easels = (self.canvas,)

    def arguments(self) -> dict[str, Any]:
        picture = self.canvas.picture
        return {} if picture is None else {"image": picture}

    @property
    def lacks(self) -> str:
        return "" if self.canvas.picture else "There is no picture yet: drop one on the canvas, open one, or paint."

    def on_change(self, callback: Callable[[], None]) -> None:
        self.canvas.on_change(lambda _: callback())


class MaskSource:
    """A painter: its picture, and where that may change."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.painter = MaskPainter(history=lab.autosave.history(name))
        self.views = self.easels = (self.painter,)

    def arguments(self) -> dict[str, Any]:
        picture = self.painter.background
        return {} if picture is None or self.lacks else {"image": picture, "mask": self.painter.mask}

    @property
    def lacks(self) -> str:
        if self.painter.background is None:
            return "There is no picture yet: drop one on the canvas, or open one."
        return "" if self.painter.mask.pixels.any() else "Nothing is masked: paint over what shall change."

    def on_change(self, callback: Callable[[], None]) -> None:
        self.painter.on_change(lambda _: callback())


class ControlSource:
    """A picture, and every preprocessor's map of it; the map on screen is the one that is followed."""

    def __init__(self, lab: Lab, name: str) -> None:
        self._picture = PictureSource(lab, name)
        self.easels = self._picture.easels
        self.preview = ControlPreview(kinds=tuple(lab.card.controls), size=lambda shape: picture_size(lab.card, shape))
        self.views = (*self.easels, self.preview)
        self._picture.on_change(self._look)
        self._look()

    def arguments(self) -> dict[str, Any]:
        control, shown = self.preview.control, self.preview.map
        if self.lacks or control is None or shown is None:
            return {}
        return {
            "controls": [ControlGuide(control.changed(picture=shown.hash, preprocessor="none", settings={}), shown)]
        }

    @property
    def lacks(self) -> str:
        if self._picture.lacks:
            return self._picture.lacks
        return "" if self.preview.map else "The control map is not there yet."

    def on_change(self, callback: Callable[[], None]) -> None:
        self.preview.on_change(lambda _: callback())

    def _look(self) -> None:
        self.preview.picture = self._picture.arguments().get("image")


class SecondSource:
    """A second picture that a task may do without: a style to borrow, or a scene to stand in."""

    lacks = ""

    def __init__(self, lab: Lab, name: str, give: Callable[[Picture], dict[str, Any]], use: str) -> None:
        self._picture = PictureSource(lab, name)
        self._give = give
        self.easels = self._picture.easels
        title = HTML(f"<b>{use}</b>", layout=Layout(margin="0"))
        self.views = (VBox([title, *self.easels], layout=Layout(width="100%", min_width="0")),)

    def arguments(self) -> dict[str, Any]:
        given = self._picture.arguments()
        return self._give(given["image"]) if given else {}

    def on_change(self, callback: Callable[[], None]) -> None:
        self._picture.on_change(callback)


def _style(picture: Picture) -> dict[str, Any]:
    return {"references": [ReferenceGuide(Reference(picture=picture.hash, lends="style"), picture)]}


def _scene(picture: Picture) -> dict[str, Any]:
    return {"scene": picture}


def sources_of(lab: Lab, task: Task) -> list[Source]:
    """The sources of a task, by what it declares."""
    needs: frozenset[str] = task.needs
    found: list[Source] = []
    if "mask" in needs:
        found.append(MaskSource(lab, task.name))
    elif "image" in needs:
        found.append(PictureSource(lab, task.name))
    elif "controls" in needs:
        found.append(SketchSource(lab, task.name) if task.sketch else ControlSource(lab, task.name))
    if "scene" in task.listens_to:
        found.append(SecondSource(lab, f"{task.name}.scene", _scene, "Scene (or let the words draw one)"))
    if task.borrows_palettes:
        found.append(SecondSource(lab, f"{task.name}.style", _style, "Style (or let the words say it)"))
    return found


def close(source: Source) -> None:
    """Close everything that a source shows."""
    for view in source.views:
        if view in source.easels:
            view.close()
        else:
            close_all(view)
