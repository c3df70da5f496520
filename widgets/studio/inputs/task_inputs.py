"""What a task is fed from, one kind each; the task chooses. A source shows itself and says what it still lacks."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from typing_extensions import override

from lab.core.conditioning import ReferenceGuide
from lab.core.errors import BadInput
from lab.core.incremental_raster import GrowingRaster
from lab.core.picture import Picture
from lab.core.raster import DrawnSketch, as_seen, on_paper
from lab.core.recipe import Reference
from lab.core.sketch import Sketch
from lab.session import Lab
from lab.session.choices import snapped
from lab.tasks import Task, picture_size, sketch_size
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import HTML, VBox
from widgets.base.dispose import close_all
from widgets.canvas.mask_painter import MaskPainter
from widgets.canvas.picture_canvas import PictureCanvas
from widgets.canvas.sketch_canvas import SketchCanvas
from widgets.panel.lending import Lending
from widgets.panel.param_panel import ParamPanel
from widgets.panel.steering import Steering
from widgets.preview.control_preview import ControlPreview
from widgets.preview.offered_tools import offered
from widgets.studio.inputs.picture_uses import is_drawn, main_use


class TaskInput(ABC):
    """One thing that a task is fed from."""

    name: str = "image"
    """What its picture is, in one word."""
    views: dict[str, Any]
    """What it shows, in columns, by a word for each."""
    surfaces: tuple[SketchCanvas | MaskPainter, ...]
    """What is drawn or painted on."""

    @abstractmethod
    def arguments(self) -> dict[str, Any]:
        """The arguments of `lab.request`; those of an empty source are left out."""

    @property
    def missing_input(self) -> str:
        """What a person must do before there is anything to draw; empty when all is there."""
        return ""

    @property
    def is_cleared(self) -> bool:
        """Whether there is nothing at all, so that nothing can be drawn; told at once, on any thread."""
        return False

    @abstractmethod
    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back after every change, on any thread."""

    def follow_size(self, panel: ParamPanel) -> None:  # noqa: B027 - most are as large as their picture
        """Let what is drawn on follow the size that is set in a panel."""

    def follow_model(self) -> None:  # noqa: B027 - most are the same for all
        """Offer what the lab's model, which is another one now, can use; what is drawn stays."""

    def close(self) -> None:
        """Close every view, with what lies in it; values can still be read."""
        for view in self.views.values():
            if view in self.surfaces:
                view.close()
            else:
                close_all(view)


class SketchInput(TaskInput):
    """A canvas whose strokes are followed: in lines, and in colours where the task takes them."""

    def __init__(self, lab: Lab, task: Task) -> None:
        self._lab, self._task = lab, task
        self._in_colour = task.takes_colours(lab.card)
        self.canvas = SketchCanvas(history=lab.autosave.history(task.name), in_colour=self._in_colour)
        self.surfaces = (self.canvas,)
        self.views = {"Sketch": self.canvas}
        self._reading = Lock()
        self._lines, self._areas = GrowingRaster(), GrowingRaster()

    @override
    def arguments(self) -> dict[str, Any]:
        sketch = self.canvas.sketch
        return {} if sketch.is_empty else {"sketch": self._drawn(sketch)}

    def _drawn(self, sketch: Sketch) -> DrawnSketch:
        """What `lab.core.raster.drawn` gives, where a new stroke costs that stroke."""
        size = sketch_size(self._lab.card, sketch.size)
        strokes = self.canvas.to_picture(size)
        if not (self._in_colour and sketch.is_coloured):
            return DrawnSketch(on_paper(strokes, sketch), sketch=sketch)
        with self._reading:
            lines = on_paper(self._lines.picture(sketch.lines, size), sketch)
            return DrawnSketch(lines, as_seen(strokes, self._areas.picture(sketch.colours, size)), sketch)

    @property
    @override
    def missing_input(self) -> str:
        return "The canvas is empty: draw something first." if self.canvas.sketch.is_empty else ""

    @property
    @override
    def is_cleared(self) -> bool:
        return self.canvas.sketch.is_empty

    @override
    def on_change(self, callback: Callable[[], None]) -> None:
        self.canvas.on_change(callback)

    @override
    def follow_size(self, panel: ParamPanel) -> None:
        def follow() -> None:
            width, height = panel.settings["width"], panel.settings["height"]
            if width or height:
                self.canvas.take_shape(snapped(self._lab.card, width, height))

        panel.on_setting(("width", "height"), follow)

    @override
    def follow_model(self) -> None:
        self._in_colour = self._task.takes_colours(self._lab.card)
        self.canvas.ink.post(in_colour=self._in_colour)


class PictureInput(TaskInput):
    """A canvas whose picture, with everything that is painted on it, is the one to start from."""

    def __init__(self, lab: Lab, name: str, use: str = "", more: str = "", *, paints: bool = True) -> None:
        self.canvas = PictureCanvas(history=lab.autosave.history(name), paints=paints)
        self.surfaces = (self.canvas,)
        self.views = {use: _titled(f"{use} {more}", self.canvas)} if use else {"Picture": self.canvas}

    @override
    def arguments(self) -> dict[str, Any]:
        picture = self.canvas.picture
        return {} if picture is None else {"image": picture}

    @property
    @override
    def missing_input(self) -> str:
        sketch = self.canvas.sketch
        if sketch.background or sketch.strokes:
            return ""
        return "There is no picture yet: drop one on the canvas, open one, or paint."

    @property
    @override
    def is_cleared(self) -> bool:
        return self.canvas.sketch.background is None and not self.canvas.sketch.strokes

    @override
    def on_change(self, callback: Callable[[], None]) -> None:
        self.canvas.on_change(callback)


class MaskInput(TaskInput):
    """A painter: its picture, and a mask of it, which some tasks can do without."""

    def __init__(self, lab: Lab, name: str, *, is_needed: bool, without: Sequence[str]) -> None:
        self._is_needed = is_needed
        self.painter = MaskPainter(history=lab.autosave.history(name), selector_of=lab.select, without=without)
        self.surfaces = (self.painter,)
        self.views = {"Picture": self.painter}

    @override
    def arguments(self) -> dict[str, Any]:
        picture, mask = self.painter.background, self.painter.mask
        if picture is None:
            return {}
        if mask.pixels.any():
            return {"image": picture, "mask": mask}
        return {} if self._is_needed else {"image": picture}

    @property
    @override
    def missing_input(self) -> str:
        if self.painter.background is None:
            return "There is no picture yet: drop one on the canvas, or open one."
        if self._is_needed and not self.painter.mask.pixels.any():
            return "Nothing is masked: paint over what shall change."
        return ""

    @property
    @override
    def is_cleared(self) -> bool:
        return self.painter.background is None or (self._is_needed and self.painter.is_blank)

    @override
    def on_change(self, callback: Callable[[], None]) -> None:
        self.painter.on_change(callback)


class ControlInput(TaskInput):
    """A picture, and every preprocessor's map of it; the map on screen, painted on or not, is what is used."""

    def __init__(self, lab: Lab, name: str) -> None:
        if not lab.card.control_kinds:
            msg = f"{lab.card.name} has no ControlNet: use starter, sd15 or sdxl for {name}"
            raise BadInput(msg)
        self._lab, self._queue = lab, BackgroundQueue(f"lab-{name}-look")
        self.steering = Steering("The control map")
        self._picture = PictureInput(lab, name, "Picture")
        self._background = self._picture.canvas.background
        self.surfaces = self._picture.surfaces
        self.preview = ControlPreview(
            kinds=lab.card.control_kinds,
            size=lambda shape: shape.fitted_into(picture_size(lab.card, shape)),
            history=lab.autosave.history(f"{name}.map"),
        )
        self.views = {**self._picture.views, "Control map": self.preview}
        self._picture.on_change(lambda: self._queue.run_next(self._look))
        self._look()

    @property
    def preprocessors(self) -> list[str]:
        """Those that make maps which the model follows."""
        return [tool.name for tool in offered(self._lab.card.control_kinds)]

    @override
    def follow_model(self) -> None:
        self.preview.refresh(self._lab.card.control_kinds)

    @override
    def arguments(self) -> dict[str, Any]:
        guide = self.preview.guide
        if self.missing_input or guide is None:
            return {}
        return {"controls": [guide._replace(value=guide.value.changed(**self.steering.value._asdict()))]}

    @property
    @override
    def missing_input(self) -> str:
        if self._picture.missing_input:
            return self._picture.missing_input
        if self.preview.map:
            return ""
        return self.preview.shown.get("sentence") or "The control map is not there yet."

    @property
    @override
    def is_cleared(self) -> bool:
        return self._picture.is_cleared

    @override
    def on_change(self, callback: Callable[[], None]) -> None:
        self.preview.on_change(lambda _: callback())
        self.steering.on_change(callback)

    def _look(self) -> None:
        """Look at the picture as it is now; strokes on it leave what was painted on its map where it is.

        After a change on the queue, since a large picture takes long to put together.
        """
        before, self._background = self._background, self._picture.canvas.background
        image = self._picture.arguments().get("image")
        self.preview.look_at(image, keeps_paint=before == self._background)


class SecondInput(TaskInput):
    """A second picture that a task may do without: a style to borrow, or a scene to stand in."""

    def __init__(
        self, lab: Lab, task: str, name: str, give: Callable[[Picture], dict[str, Any]], more: str, *, paints: bool
    ) -> None:
        self.name = name
        self._picture = PictureInput(lab, f"{task}.{name}", name.capitalize(), more, paints=paints)
        self._give = give
        self.surfaces, self.views = self._picture.surfaces, self._picture.views

    @override
    def arguments(self) -> dict[str, Any]:
        given = self._picture.arguments()
        return self._give(given["image"]) if given else {}

    @override
    def on_change(self, callback: Callable[[], None]) -> None:
        self._picture.on_change(callback)


class StyleInput(SecondInput):
    """A picture that lends its style, and how much of it."""

    def __init__(self, lab: Lab, task: str) -> None:
        self.lending = Lending(("Style weight", "It lends"), "style")
        super().__init__(lab, task, "style", self._style, "(or let the words say it)", paints=False)

    def _style(self, picture: Picture) -> dict[str, Any]:
        return {"references": [ReferenceGuide(Reference(picture=picture.hash, **self.lending.value), picture)]}

    @override
    def close(self) -> None:
        super().close()
        close_all(self.lending)


def _titled(title: str, canvas: PictureCanvas) -> VBox:
    box = VBox([HTML(html.escape(title)), canvas])
    box.add_class("sketchlab-titled")
    return box


def _scene(picture: Picture) -> dict[str, Any]:
    return {"scene": picture}


_SET_BY = {"grow_px": "grow", "feather_px": "feather", "fill_holes": "fill_holes"}
"""Settings of a task that do what an edit of the whole mask does, and can be turned back: the panel alone has them."""


def inputs_of(lab: Lab, task: Task) -> list[TaskInput]:
    """The sources of a task, by what it declares."""
    needs: frozenset[str] = task.needs
    found: list[TaskInput] = []
    if "mask" in needs | task.recipe_fields:
        without = [edit for setting, edit in _SET_BY.items() if setting in task.settings.model_fields]
        found.append(MaskInput(lab, task.name, is_needed="mask" in needs, without=without))
    elif "image" in needs:
        found.append(PictureInput(lab, task.name, main_use(task), paints="scene" not in task.recipe_fields))
    elif "controls" in needs:
        found.append(SketchInput(lab, task) if is_drawn(task) else ControlInput(lab, task.name))
    if "scene" in task.recipe_fields:
        found.append(SecondInput(lab, task.name, "scene", _scene, "(or let the words draw one)", paints=True))
    if task.borrows_palettes:
        found.append(StyleInput(lab, task.name))
    return found
