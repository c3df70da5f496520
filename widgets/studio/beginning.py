"""What a cell lets a Studio begin with: obeyed once, so that a cell that runs again changes nothing; draws nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.core.picture import Picture
from widgets.panel.param_panel import ParamPanel
from widgets.studio.inputs.task_inputs import TaskInput
from widgets.studio.saved_settings import SavedSettings


def begin(panel: ParamPanel, sources: Sequence[TaskInput], saved: SavedSettings, wanted: Mapping[str, Any]) -> None:
    """Set what is another than the last time.

    Args:
        panel: gets the settings.
        sources: get the pictures, by their uses.
        saved: knows what there was the last time.
        wanted: settings of the panel, and pictures by their use.

    Raises:
        BadInput: when there is no such setting, its value is out of bounds, or a picture cannot be read.
    """
    surfaces = {source.name: source.surfaces[0] for source in sources}
    pictures = {use: Picture.of(value) for use, value in wanted.items() if use in surfaces}
    settings = {name: value for name, value in wanted.items() if name not in pictures}
    panel.check(settings)
    begun = {**settings, **{use: picture.hash for use, picture in pictures.items()}}
    before = saved.begun
    panel.settings = {name: value for name, value in settings.items() if before.get(name) != value}
    for use, picture in pictures.items():
        if before.get(use) != picture.hash or surfaces[use].background is None:
            surfaces[use].background = picture
    saved.begun = begun
