"""Closing a widget with everything in it; knows no particular widget."""

from __future__ import annotations

from ipywidgets import Widget


def close_all(widget: Widget) -> None:
    """Close a widget, its children, and the layout and style of each: what stays open comes back at every reload."""
    for child in getattr(widget, "children", ()):
        close_all(child)
    for name in ("layout", "style"):
        part = getattr(widget, name, None)
        if isinstance(part, Widget):
            part.close()
    widget.close()
