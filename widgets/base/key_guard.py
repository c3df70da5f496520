"""Keeps keys that are pressed in a widget from JupyterLab, in whose command mode X cuts the cell; knows no widget."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ipywidgets import Layout
from traitlets import List

from widgets.base.bare import AnyWidget, Box
from widgets.base.joined_modules import joined
from widgets.base.thread_safe import ThreadSafe

_HERE = Path(__file__).parent


class KeyGuard(ThreadSafe, AnyWidget):
    """Something unseen that does it, for whatever bears its class, and names its fields; see `keep_keys`."""

    _esm = joined(_HERE, ("accessible_names.js", "kept_focus.js", "key_guard.js"))
    _css = _HERE / "key_guard.css"

    # written by Python
    commands = List().tag(sync=True)


def keep_keys(
    box: Box, *, run: Callable[[dict[str, str]], None] | None = None, cancel: Callable[[], None] | None = None
) -> None:
    """Let keys that are pressed anywhere in a box be its own, but for those with Ctrl or ⌘. To be called once.

    Args:
        box: what bears the keys.
        run: called at Ctrl+Enter, with what stands in the field of text where it was pressed, by the field's name: on a
            slow line the field itself may not have it yet.
        cancel: called at Escape. Both on any thread.
    """
    commands = [name for name, callback in (("run", run), ("cancel", cancel)) if callback]
    guard = KeyGuard(commands=commands, layout=Layout(display="none"))

    def hear(_guard: object, content: dict[str, Any], _buffers: object) -> None:
        match content.get("kind"):
            case "run" if run:
                run(dict(content.get("typed") or {}))
            case "cancel" if cancel:
                cancel()

    guard.on_msg(hear)
    box.add_class("sketchlab-keys")
    box.children = (*box.children, guard)
