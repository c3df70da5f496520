"""An angle as a dial, which is turned by hand or by keys, and its number, which is typed; knows no panel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from traitlets import Int, Unicode, validate

from widgets.base.bare import AnyWidget
from widgets.base.thread_safe import ThreadSafe

_HERE = Path(__file__).parent


class Dial(ThreadSafe, AnyWidget):
    """`dial.value` is degrees clockwise from above, between `min` and `max`, which are a full turn apart.

    Turning goes on past an end at the other one; what is assigned stays between them, as with a slider.
    """

    _esm = _HERE / "dial.js"
    _css = _HERE / "dial.css"

    # written by the browser, and by Python when settings are assigned
    value = Int().tag(sync=True)
    # written by Python
    min = Int(0).tag(sync=True)
    max = Int(360).tag(sync=True)
    step = Int(1).tag(sync=True)
    description = Unicode().tag(sync=True)

    @validate("value")
    def _between_the_ends(self, proposal: dict[str, Any]) -> int:
        return min(self.max, max(self.min, proposal["value"]))
