"""How the parts of a Studio stand on the page; knows no task, no lab and no event.

Head, papers and picture make up the bench, which is as high as what is seen of the page; settings stand below it, or
beside it where the page is wide. The rules are in `studio.css`, what only a page can know is in `view_fit.js`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from widgets.base.bare import Box, VBox
from widgets.base.thread_safe import ThreadSafe
from widgets.studio.view_fit import ViewFit


class Stage(Box):
    """All parts of a Studio but for what is said above it and opened below it.

    Args:
        buttons: beside the words.
        views: what is drawn or painted on and what is made of it, by its name, in columns; where these are too narrow,
            one is seen at a time, and chosen by its name.
        result: the job bar, which stands level with the toolbars, and the view of the picture, level with the papers.
        last: one row below papers and picture.
        fit: looks after the height, and gets the names of columns that share a place.
    """

    def __init__(
        self,
        buttons: Sequence[Any],
        views: dict[str, Any],
        result: Sequence[Any],
        *,
        last: Sequence[Any],
        fit: ViewFit,
    ) -> None:
        bar, picture = result
        bar.add_class("sketchlab-jobbar")
        columns = [*views.values(), VBox([bar, picture])]
        for number, column in enumerate(columns):
            column.add_class(f"sketchlab-column-{number}")
        columns[-1].add_class("sketchlab-result-column")
        self._beside = _box("sketchlab-buttons", buttons)
        self._head = _box("sketchlab-head", [self._beside])
        fit.post(tabs=list(views) if len(views) > 1 else [])
        main = _box("sketchlab-main", [*columns, fit])
        main.add_class(f"sketchlab-columns-{len(columns)}")
        bench = _box("sketchlab-bench", [self._head, main, _box("sketchlab-last", last)])
        self._settings = _box("sketchlab-settings", [])
        super().__init__([bench, self._settings])
        self.add_class("sketchlab-stage")
        if len(columns) == 1:
            self.add_class("sketchlab-alone")

    def arrange(self, words: Box, settings: Sequence[Any]) -> None:
        """Put words and settings in their places; what stood there before, and is still among them, stays as it is.

        Args:
            words: take all the width that the buttons leave.
            settings: stand below all else, or beside it.
        """
        self._head.post(children=[words, self._beside] if words.children else [self._beside])
        self._settings.post(children=[*settings])


class _Place(ThreadSafe, Box):
    """Where something stands, which may be something else later."""


def _box(name: str, children: Sequence[Any]) -> _Place:
    box = _Place(list(children))
    box.add_class(name)
    return box
