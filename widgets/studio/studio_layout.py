"""How the parts of a Studio stand on the page; knows no task, no lab and no event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ipywidgets import Box, GridBox, HBox, Layout, VBox


def button_layout() -> Layout:
    """One of the buttons beside the words."""
    return Layout(width="96px")


def arranged(
    words: Box, buttons: Sequence[Any], views: Sequence[Any], result: Sequence[Any], side_views: Sequence[Any]
) -> list[Any]:
    """Words and buttons above; canvas and result side by side where there is room, control maps after.

    Args:
        words: take all the width that the buttons leave.
        buttons: stand in one column, or in two when they are many.
        views: of what is drawn or painted on, in columns.
        result: stands in the last column; its head takes the height that a canvas's toolbar needs, so that paper and
            picture stand at one height.
        side_views: stand beside all of these, or below where it is narrow.
    """
    columns: list[Any] = [*views, VBox(list(result), layout=Layout(width="100%", min_width="0", max_width="640px"))]
    main: Box = GridBox(
        columns,
        layout=Layout(
            grid_template_columns="repeat(auto-fit, minmax(280px, 1fr))",
            grid_gap="16px",
            width="100%",
            max_width="1296px",
            align_items="stretch" if len(columns) < 3 else "flex-start",
        ),
    )
    if side_views:
        main.layout.flex, main.layout.width, main.layout.min_width = "2 1 576px", "auto", "0"
        for view in side_views:
            view.layout.flex, view.layout.min_width = "1 1 400px", "0"
        flow = Layout(flex_flow="row wrap", grid_gap="16px", width="100%", align_items="flex-start")
        main = HBox([main, *side_views], layout=flow)
    words.layout.flex = "1 1 auto"
    beside = GridBox(
        list(buttons),
        layout=Layout(
            grid_template_columns="96px 96px" if len(buttons) > 2 else "96px",
            grid_gap="4px",
            align_content="flex-start",
            flex="0 0 auto",
            margin="0 0 0 8px",
        ),
    )
    return [HBox([words, beside], layout=Layout(width="100%")), main]
