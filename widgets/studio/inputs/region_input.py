"""A part of the picture with words of its own: painted over the picture as it was drawn last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from typing_extensions import override

from lab.core.conditioning import RegionGuide
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.recipe import Region
from lab.session import Lab
from lab.session.choices import snapped
from lab.tasks import Task
from widgets.base.bare import Text
from widgets.canvas.mask_painter import MaskPainter
from widgets.panel.param_panel import ParamPanel
from widgets.studio.inputs.task_inputs import TaskInput

_WITHOUT = ("grow", "feather", "fill_holes")
"""Edits of a whole mask that are of no use for a part of a picture, whose edge nobody sees."""


class RegionInput(TaskInput):
    """A painter over the last picture, and the words for what is painted.

    Args:
        lab: whose session keeps what is painted.
        task: of the Studio.
        slot: its number, from 1; in the name of what is kept.
        panel: says how large the picture will be.
    """

    def __init__(self, lab: Lab, task: Task, slot: int, panel: ParamPanel) -> None:
        self.painter = MaskPainter(history=lab.autosave.history(f"{task.name}.region{slot}"), without=_WITHOUT)
        if self.painter.background is None:
            self.painter.background = _below(lab, task, panel)
        self.words = Text(placeholder="What to draw here", tooltip="Words for this part alone")
        self.words.add_class("sketchlab-region-words")
        self.surfaces = (self.painter,)
        self.views = {"Region": self.painter}

    @override
    def arguments(self) -> dict[str, Any]:
        if self.painter.is_blank:
            return {}
        mask = self.painter.mask.to_picture()
        return {"regions": [RegionGuide(Region(picture=mask.hash, prompt=self.words.value), mask)]}

    @override
    def on_change(self, callback: Callable[[], None]) -> None:
        self.painter.on_change(callback)
        self.words.observe(lambda _: callback(), names="value")


def _below(lab: Lab, task: Task, panel: ParamPanel) -> Picture:
    """What a new region is painted over: the picture as it was drawn last, or paper as large as it will be."""
    last = lab.gallery.latest(task=task.name)
    if last:
        return last[0].picture().on_white()
    size = snapped(lab.card, panel.settings.get("width"), panel.settings.get("height"))
    return _paper(size)


def _paper(size: Size) -> Picture:
    return Picture(np.full((size.height, size.width, 3), 255, np.uint8))
