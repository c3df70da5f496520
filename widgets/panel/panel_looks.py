"""How fields and sliders look, brought to the page with a panel; knows no field."""

from __future__ import annotations

from pathlib import Path

from ipywidgets import Layout

from widgets.base.bare import AnyWidget
from widgets.base.thread_safe import ThreadSafe


class PanelLooks(ThreadSafe, AnyWidget):
    """Something unseen that brings the rules of `panel.css`."""

    _esm = "export default { render() {} };"
    _css = Path(__file__).parent / "panel.css"

    def __init__(self) -> None:
        super().__init__(layout=Layout(display="none"))
