"""Keeps keys that are pressed in a widget from JupyterLab, in whose command mode X cuts the cell; knows no widget."""

from __future__ import annotations

from pathlib import Path

import anywidget
from ipywidgets import Box, Layout

from widgets.base.thread_safe import ThreadSafe

_HERE = Path(__file__).parent


class KeyGuard(ThreadSafe, anywidget.AnyWidget):
    """Something unseen that does it, for whatever bears its class; see `keep_keys`."""

    _esm = _HERE / "key_guard.js"
    _css = _HERE / "key_guard.css"


def keep_keys(box: Box) -> None:
    """Let keys that are pressed anywhere in a box be its own, but for those with Ctrl or ⌘. To be called once."""
    box.add_class("sketchlab-keys")
    box.children = (*box.children, KeyGuard(layout=Layout(display="none")))
