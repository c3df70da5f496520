"""How the parts of a Studio stand on the page; knows no task, no lab and no event.

Head, papers and picture make up the bench, which is as high as what is seen of the page; settings stand below it, or
beside it where the page is wide. The rules are in `studio.css`, what only a page can know is in `view_fit.js`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ipywidgets import Box, VBox

from widgets.studio.view_fit import ViewFit


def arranged(
    words: Box,
    buttons: Sequence[Any],
    views: dict[str, Any],
    result: Sequence[Any],
    settings: Sequence[Any],
    *,
    last: Sequence[Any],
    fit: ViewFit,
) -> list[Any]:
    """The children of a Studio.

    Args:
        words: take all the width that the buttons leave.
        buttons: beside the words.
        views: what is drawn or painted on and what is made of it, by its name, in columns; where these are too narrow,
            one is seen at a time, and chosen by its name.
        result: the job bar, which stands level with the toolbars, and the view of the picture, level with the papers.
        settings: stand below all of these, or beside them.
        last: one row below papers and picture.
        fit: looks after the height, and gets the names of columns that share a place.
    """
    bar, picture = result
    bar.add_class("sketchlab-jobbar")
    columns = [*views.values(), VBox([bar, picture])]
    for number, column in enumerate(columns):
        column.add_class(f"sketchlab-column-{number}")
    columns[-1].add_class("sketchlab-result-column")
    beside = _box("sketchlab-buttons", buttons)
    head = _box("sketchlab-head", [words, beside] if words.children else [beside])
    fit.post(tabs=list(views) if len(views) > 1 else [])
    main = _box("sketchlab-main", [*columns, fit])
    main.add_class(f"sketchlab-columns-{len(columns)}")
    bench = _box("sketchlab-bench", [head, main, _box("sketchlab-last", last)])
    return [_box("sketchlab-stage", [bench, _box("sketchlab-settings", settings)])]


def _box(name: str, children: Sequence[Any]) -> Box:
    box = Box(list(children))
    box.add_class(name)
    return box
