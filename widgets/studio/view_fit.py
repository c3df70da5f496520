"""Fits a Studio into what is seen of the page: its height, its whole-window button, its tabs; knows no task."""

from __future__ import annotations

from pathlib import Path

from traitlets import Bool, Int, List, Unicode

from widgets.base.bare import AnyWidget
from widgets.base.thread_safe import ThreadSafe

_HERE = Path(__file__).parent


class ViewFit(ThreadSafe, AnyWidget):
    """Stands among the columns of a Studio, and looks after their height."""

    _esm = _HERE / "view_fit.js"
    _css = _HERE / "studio.css"

    # written by Python
    tabs = List(Unicode()).tag(sync=True)
    # written by the browser: the column that is seen where there is room for one
    tab = Int(0).tag(sync=True)
    # written by the browser: whether the Studio was never on a screen, so that it shall be brought into view
    is_new = Bool(default_value=True).tag(sync=True)
    # written by the browser: whether its page is in front of a person; nothing is drawn live for one that is not
    is_seen = Bool(default_value=True).tag(sync=True)

    def bring(self) -> None:
        """Bring the Studio into view, wherever it is shown. Any thread."""
        self.send({"kind": "bring"})
