"""The sketch canvas: a sketch that is drawn in the browser and read in Python; knows no model, no job and no file."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ipywidgets import GridBox

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.history import SketchHistory
from lab.core.picture import Picture
from lab.core.raster import GrowingRaster
from lab.core.sketch import Sketch, Stroke
from widgets._guard import Guarded
from widgets._ink import Ink
from widgets._paper import Paper

_log = logging.getLogger(__name__)


class SketchCanvas(Guarded, GridBox):
    """Draw with mouse, pen or finger; the sketch is `canvas.sketch`.

    The ink appears in the browser without asking the kernel. Each finished stroke travels once, is put on record, and
    stays on screen until the kernel has shown it: a busy kernel or a cut connection loses nothing. Sketch and undo
    live in the kernel and survive a reload of the page. All methods may be called from any thread.

    Args:
        sketch: what to begin with; empty paper of 512 x 512 when None.
        history: the history to draw into, when it comes from outside (to be kept on disk); not together with `sketch`.

    Raises:
        BadInput: when both are given.
    """

    def __init__(self, sketch: Sketch | None = None, *, history: SketchHistory | None = None) -> None:
        if sketch is not None and history is not None:
            msg = "give a SketchCanvas a sketch or a history, not both: a history has its own sketch"
            raise BadInput(msg)
        guard = threading.RLock()
        self._history = history or SketchHistory(sketch)
        self._told = self._history.sketch
        self._listeners: list[Callable[[Sketch], None]] = []
        self._raster = GrowingRaster()
        self._paper = Paper(self._history.sketch.size)
        self._ink = Ink(change=self._change, changed=self._tell, redraw=self._redraw, guard=guard)
        super().__init__(guard=guard, children=[self._paper.view, self._ink])
        self.add_class("sketchlab-canvas")
        for canvas in self._paper.canvases:
            canvas.on_client_ready(self._redraw)
        self._show()

    @property
    def sketch(self) -> Sketch:
        """The sketch as it is now; assigning another is one step of undo, and shows it."""
        return self._history.sketch

    @sketch.setter
    def sketch(self, sketch: Sketch) -> None:
        if not isinstance(sketch, Sketch):
            msg = f"canvas.sketch takes a Sketch, not a {type(sketch).__name__}"
            raise BadInput(msg)
        self._do(lambda: self._history.replace(sketch))

    def draw(self, stroke: Stroke) -> None:
        """Put one more stroke on top."""
        self._do(lambda: self._history.draw(stroke))

    def undo(self) -> None:
        """Take the last change back; nothing happens when there is none."""
        self._do(self._history.undo)

    def redo(self) -> None:
        """Bring the last change back; nothing happens when there is none."""
        self._do(self._history.redo)

    def clear(self) -> None:
        """Take all strokes away, as one step of undo."""
        self._do(self._history.clear)

    def to_picture(self, size: Size | None = None) -> Picture:
        """The sketch as an RGBA picture; at another size than its own drawn anew, not scaled."""
        with self.guard:
            if size in (None, self.sketch.size):
                return Picture(self._paper.pixels.copy())
            return self._raster.picture(self.sketch, size)

    def on_change(self, callback: Callable[[Sketch], None]) -> Callable[[], None]:
        """Call `callback(sketch)` after every change; the answer, called, ends that.

        The callback runs on the thread that the change came on, under the canvas's lock: it reads, submits, returns.
        Its errors go to the log, never back to the change.
        """
        self._listeners.append(callback)

        def end() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return end

    def close(self) -> None:
        """Close the canvas and everything in it; the sketch can still be read."""
        if self.comm is None:
            return
        with self.guard:
            self._listeners.clear()
            for canvas in self._paper.canvases:
                canvas.on_client_ready(self._redraw, remove=True)
            self._paper.close()
            for widget in (self._ink, self):
                widget.layout.close()
            self._ink.close()
            super().close()

    def _do(self, act: Callable[[], object]) -> None:
        """Make a change that comes from Python: here errors do reach the caller."""
        with self.guard:
            try:
                act()
            finally:
                self._show()
            self._tell()

    def _change(self, operation: str, stroke: Stroke | None) -> None:
        """Make a change that comes from the browser; called by the ink under the lock."""
        try:
            match operation, stroke:
                case "draw", Stroke():
                    self._history.draw(stroke)
                case "undo", None:
                    self._history.undo()
                case "redo", None:
                    self._history.redo()
                case "clear", None:
                    self._history.clear()
                case _:
                    msg = f"there is no change {operation!r} of a sketch"
                    raise BadInput(msg)
        finally:
            self._show()

    def _show(self) -> None:
        history = self._history
        self._paper.show(history.sketch)
        width, height = history.sketch.size
        self._ink.post(
            width=width,
            height=height,
            revision=self._ink.revision + 1,
            can_undo=history.can_undo,
            can_redo=history.can_redo,
        )

    def _redraw(self) -> None:
        with self.guard:
            self._paper.send_all()

    def _tell(self) -> None:
        if self.sketch is self._told:
            return
        self._told = self.sketch
        for callback in tuple(self._listeners):
            try:
                callback(self.sketch)
            except Exception:
                _log.exception("a listener of the sketch canvas failed")
