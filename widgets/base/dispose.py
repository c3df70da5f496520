"""Closing a widget with everything in it; knows no particular widget."""

from __future__ import annotations

from collections.abc import Container

from ipywidgets import Widget


def close_all(widget: Widget, but: Container[Widget] = ()) -> None:
    """Close a widget, its children, and the layout and style of each: what stays open comes back at every reload.

    Those in `but` stay open, with all that is in them.
    """
    if widget in but:
        return
    for child in getattr(widget, "children", ()):
        close_all(child, but)
    for name in ("layout", "style"):
        part = getattr(widget, name, None)
        if isinstance(part, Widget):
            part.close()
    widget.close()
