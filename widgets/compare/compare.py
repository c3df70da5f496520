"""Two pictures compared by eye and in numbers; draws no picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from traitlets import Dict, Unicode

from lab.core.picture import Picture
from lab.core.sentences.checked_call import checked
from lab.session import Lab
from lab.session.comparison import Comparable, Comparison
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import AnyWidget, Laid
from widgets.base.joined_modules import joined
from widgets.base.still import WithStill
from widgets.base.thread_safe import ThreadSafe
from widgets.compare.shown_comparison import ShownComparison

_HERE = Path(__file__).parent


@checked
class Compare(WithStill, ThreadSafe, Laid, AnyWidget):
    """Two pictures: behind a slider, side by side, in turn, or their difference; with all that made it.

    `Compare(lab, one, other)` takes what `lab.compare` takes; `.comparison` has the numbers. Both pictures are zoomed
    and moved together. The page gets them without loss, as large as they are seen there.

    Args:
        lab: in whose gallery names are looked for.
        a: a result, a picture of `lab.gallery`, a file or its name in the gallery, or any other picture.
        b: the same.

    Raises:
        BadInput: when there is no such picture.
    """

    _esm = joined(_HERE, ("../views/zoom.js", "comparison_view.js", "compare.js"))
    _css = _HERE / "compare.css"

    # written by Python
    compared = Dict().tag(sync=True)
    """What `ShownComparison.values` gives."""
    # written by the browser: slider, side, flicker or difference
    way = Unicode("slider").tag(sync=True)

    def __init__(self, lab: Lab, a: Comparable, b: Comparable) -> None:
        self._lab = lab
        self._shown = ShownComparison(lab.compare(a, b))
        self._queue = BackgroundQueue("comparison", log=str(lab.log_file))
        super().__init__(compared=self._shown.values)
        self.on_msg(self._hear)

    @property
    def comparison(self) -> Comparison:
        """The numbers, and the settings that differ."""
        return self._shown.comparison

    @checked
    def show(self, a: Comparable, b: Comparable) -> None:
        """Compare two others, as the constructor does."""
        self._shown = ShownComparison(self._lab.compare(a, b))
        self.post(compared=self._shown.values)

    def _shown_pictures(self) -> Sequence[Picture]:
        return [self.comparison.a.picture, self.comparison.b.picture]

    def close(self) -> None:
        """Close it; the pictures stay where they are."""
        if self.comm is None:  # closed already, or refused before there was anything to close
            return
        self._queue.close()
        super().close()

    def _hear(self, _widget: object, content: Any, _buffers: object) -> None:
        """The page wants a picture."""
        asked = asked_side(content)
        if asked is not None:
            self._queue.add(asked, lambda: send_side(self, self._shown, *asked))


def asked_side(content: Any) -> tuple[int, str, int] | None:
    """The comparison's number, side and size that a page asks for; None where it asks for something else."""
    if not isinstance(content, dict) or content.get("kind") != "side":
        return None
    number, side, longest_px = (content.get(name) for name in ("number", "side", "longest_px"))
    if type(number) is int and isinstance(side, str) and type(longest_px) is int and longest_px >= 0:
        return number, side, longest_px
    return None


def send_side(widget: ThreadSafe, shown: ShownComparison | None, number: int, side: str, longest_px: int) -> None:
    """Send a page the picture that it asked for, unless another comparison is shown by now."""
    content = shown.side(side, longest_px) if shown is not None and shown.number == number else None
    if content is not None:
        widget.send({"kind": "side", "number": number, "side": side, "longest_px": longest_px}, [content])
