"""What sketch canvas and mask painter share: a history shown in the browser, changed by both sides, and listeners."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from ipywidgets import GridBox

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.history import SketchHistory
from lab.core.incremental_raster import GrowingRaster
from lab.core.picture import Fitted, Picture, PictureLike, picture_within
from lab.core.sentences.checked_call import checked
from lab.core.sketch import MAX_SIDE_PX, Sketch, picture_to_text
from lab.core.stroke import Stroke
from widgets.base.listeners import added, call_all
from widgets.base.page_words import for_page
from widgets.base.still import WithStill
from widgets.base.thread_safe import ThreadSafe
from widgets.canvas.canvas_layers import CanvasLayers, Layer
from widgets.canvas.drag_box import DragBox, Edges
from widgets.canvas.ink_layer import Change, InkLayer
from widgets.canvas.layers import Layers
from widgets.canvas.smaller_picture import SmallerPicture

_log = logging.getLogger("lab.widgets")
Edit = Callable[[Change], object]
"""Makes a change that a person made in a browser, under the lock, and soon. May raise `BadInput`."""
Preparation = Callable[[Sketch], Callable[[], object]]
"""Does what takes long, without the lock, on the sketch as it is; what it answers makes the change, under the lock."""
SlowEdit = Callable[[Change, Sketch], Callable[[], object]]
"""The same for a change that a person made in a browser."""
_PREPARED_FREELY = 3
"""So often a change is prepared anew because another one came in between; then with the lock held."""


class DrawingSurface(WithStill, ThreadSafe, GridBox):
    """A drawing surface; see `SketchCanvas` and `MaskPainter`. All methods may be called from any thread."""

    _kind = "sketch"
    _content = "sketch"
    """What a person calls all that is on the paper, as in "Download the sketch"."""
    _hint = ""
    """What the paper says as long as nothing is on it."""
    _first_layers: tuple[Layer, ...] = (Layer("background"), Layer("sketch"))

    def __init__(self, history: SketchHistory, **traits: Any) -> None:
        guard = threading.RLock()
        self._history = history
        self._told = history.sketch
        self._listeners: list[Callable[[], None]] = []
        self._runners: list[Callable[[], None]] = []
        self._drops: list[Callable[[bytes], None]] = []
        self._raster = GrowingRaster()
        self._rastering = threading.Lock()
        self._framed: Picture | None = None
        self._canvas_layers = CanvasLayers(history.sketch, self._first_layers, self._kind)
        self._ink = InkLayer(
            self._kind,
            change=self._change,
            changed=self._tell,
            asked=self._asked,
            slow=frozenset(self._slow_edits()),
            heard=history.heard,
            guard=guard,
            memory=history.name,
            content=self._content,
            drawn_on=self._canvas_layers.drawn,
            layers=self._canvas_layers.described(),
            stamp=self._canvas_layers.stamp.model_id,
            **traits,
        )
        self._smaller = SmallerPicture(self._ink)
        super().__init__(guard=guard, children=[self._ink])
        self.add_class("sketchlab-canvas")
        self.layers = Layers(self._canvas_layers, self._show, guard)
        self._canvas_layers.on_browser(self._redraw)
        self._ink.observe(self._sharpen, names="density")
        self._show()

    @property
    def background(self) -> Picture | None:
        """The picture below what is drawn; assigning another (or None) is one step of undo, and shows it."""
        return self._history.sketch.background

    @background.setter
    def background(self, source: PictureLike | None) -> None:
        fitted = None if source is None else fitted_to_paper(source)
        self._do(lambda: self._lay(fitted.picture if fitted else None))
        if fitted is not None:
            self._smaller.look(fitted.given, fitted.picture.size)

    @property
    def ink(self) -> InkLayer:
        """The part that the pen touches, for a widget that shows it inside itself."""
        return self._ink

    def undo(self) -> None:
        """Take the last change back; nothing happens when there is none."""
        self._do(self._history.undo)

    def redo(self) -> None:
        """Bring the last change back; nothing happens when there is none."""
        self._do(self._history.redo)

    def clear(self) -> None:
        """Take all strokes away, as one step of undo."""
        self._do(self._history.clear)

    @checked
    def draw(self, stroke: Stroke) -> None:
        """Put one more stroke on top."""
        self._do(lambda: self._history.draw(stroke))

    @checked
    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after every change; the answer, called, ends that.

        The callback runs on the thread that the change came on, under the canvas's lock: it submits and returns, and
        what it submits reads the sketch or the mask. Its errors go to the log, never back to the change.
        """
        return added(self._listeners, callback)

    @checked
    def on_run(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back when Ctrl+Enter is pressed on the canvas; the answer, called, ends that."""
        return added(self._runners, callback)

    @checked
    def on_drop(self, callback: Callable[[bytes], None]) -> Callable[[], None]:
        """Call back with the file of a picture that a person brought, once it lies there; the answer ends that."""
        return added(self._drops, callback)

    @checked
    def say(self, sentence: str) -> None:
        """Say something below the paper; an empty sentence takes it back."""
        self._ink.post(said={"text": sentence})

    @checked
    def refuse(self, sentence: str) -> None:
        """Say below the paper what was wrong."""
        self._ink.post(said={"text": for_page(sentence), "wrong": True})

    @checked
    def show_frame(self, frame: DragBox | None) -> None:
        """Show a frame over the paper, to be dragged; None takes it away."""
        with self.guard:
            if frame is None:
                self._framed = None
                self._ink.post(frame={}, frame_picture=b"")
                return
            seq = self._ink.dragged.get("seq", 0)
            self._ink.post(frame={**frame.described(), "seq": seq})
            if frame.picture is not self._framed:
                self._framed = frame.picture
                self._ink.post(frame_picture=frame.encoded())

    @checked
    def on_drag(self, callback: Callable[[Edges], None]) -> None:
        """Call back with the frame's edges whenever a person drags it, on any thread; it answers with `show_frame`."""

        def dragged(change: dict[str, Any]) -> None:
            try:
                box = Change("drag", None, dict(zip("abcd", change["new"]["box"], strict=True)))
                edges = Edges(*(box.number(name) for name in "abcd"))
            except (KeyError, TypeError, ValueError):
                _log.warning("no frame can be dragged to %.80r", change["new"])
                return
            callback(edges)

        self._ink.observe(dragged, names="dragged")

    def close(self) -> None:
        """Close the canvas and everything in it; its value can still be read."""
        if self.comm is None:
            return
        with self.guard:
            self._listeners.clear()
            self._runners.clear()
            self._drops.clear()
            self._canvas_layers.on_browser(self._redraw, remove=True)
            self._canvas_layers.close()
            self._ink.close()
            self.layout.close()
            super().close()

    def _lay(self, picture: Picture | None) -> None:
        """Put a picture below that is no larger than a paper can be."""
        self._history.lay(picture)

    def _edits(self) -> dict[str, Edit]:
        """What a browser can do here, by name."""
        history = self._history
        return {
            "draw": lambda change: change.stroke and history.draw(change.stroke),
            "undo": lambda _: history.undo(),
            "redo": lambda _: history.redo(),
            "clear": lambda _: history.clear(),
        }

    def _slow_edits(self) -> dict[str, SlowEdit]:
        """What a browser can do here and takes long, by name."""
        return {"picture": self._dropped}

    def _dropped(self, change: Change, _sketch: Sketch) -> Callable[[], object]:
        picture, given = fitted_to_paper(change.content)
        picture_to_text(picture)  # here, where it takes nobody's time; it is what the history records

        def lay() -> None:
            self._lay(picture)
            self._smaller.look(given, picture.size)
            call_all(self._drops, change.content)

        return lay

    def _given(self) -> Picture:
        """The picture that the browser copies or downloads."""
        raise NotImplementedError

    def _strokes_picture(self, size: Size | None = None) -> Picture:
        """The strokes as RGBA, at another size than the paper's drawn anew, not scaled."""
        sketch = self._history.sketch
        return self._strokes_of(sketch, size or sketch.size)

    def _strokes_of(self, sketch: Sketch, size: Size) -> Picture:
        """The strokes of a sketch that was this canvas's a moment ago; drawn without the lock."""
        with self.guard:
            if size == self._canvas_layers.size and sketch is self._history.sketch:
                return Picture(self._canvas_layers.pixels)
        with self._rastering:
            return self._raster.picture(sketch, size)

    def refresh(self) -> None:
        """Show what the history holds now, which another canvas of the same sketch may have changed. Any thread."""
        with self.guard:
            self._show()
            self._tell()

    def _do(self, act: Callable[[], object]) -> None:
        """Make a change that comes from Python: here errors do reach the caller."""
        with self.guard:
            try:
                act()
            finally:
                self._show()
            self._tell()

    def _do_slowly(self, prepare: Preparation) -> None:
        """Make a change that comes from Python and takes long: the canvas can be drawn on meanwhile."""
        with ExitStack() as holding:
            self._do(self._prepared(prepare, holding))

    def _prepared(self, prepare: Preparation, holding: ExitStack) -> Callable[[], object]:
        """What makes the change of the sketch as it is now; the lock is held from here on, so that it stays so."""
        for _ in range(_PREPARED_FREELY):
            sketch = self._history.sketch
            make = prepare(sketch)
            holding.enter_context(self.guard)
            if self._history.sketch is sketch:
                return make
            holding.close()
        holding.enter_context(self.guard)
        return prepare(self._history.sketch)

    def _change(self, change: Change, holding: ExitStack) -> None:
        """Make a change that comes from the browser; called by the ink, which says more.

        Raises:
            BadInput: when this kind of canvas knows no such change, or the change cannot be made.
        """
        make = self._making(change, holding)
        if self.comm is None:
            return
        try:
            make()
        finally:
            self._show()

    def _making(self, change: Change, holding: ExitStack) -> Callable[[], object]:
        """What makes a change of the browser, with the lock held."""
        slow = self._slow_edits().get(change.op)
        if slow is not None:
            return self._prepared(lambda sketch: slow(change, sketch), holding)
        edit = self._edits().get(change.op)
        if edit is None:
            msg = f"there is no change {change.op!r} of a {self._kind}"
            raise BadInput(msg)
        holding.enter_context(self.guard)
        return lambda: edit(change)

    def _show(self) -> None:
        if self.comm is None:  # closed; its value can still be changed and read
            return
        history = self._history
        self._canvas_layers.show(history.sketch)
        width, height = history.sketch.size
        self._ink.post(
            width=width,
            height=height,
            revision=self._canvas_layers.revision,
            can_undo=history.can_undo,
            can_redo=history.can_redo,
            layers=self._canvas_layers.described(),
            hint="" if history.sketch.background or history.sketch.strokes else self._hint,
        )

    def _asked(self, message: dict[str, Any]) -> None:
        match message.get("kind"):
            case "redraw":
                self._redraw()
            case "give":
                use = str(message.get("use"))
                name = f"{self._content.replace(' ', '-')}.png"
                self._ink.send({"kind": "picture", "use": use, "name": name}, [self._given().to_png()])
            case "layer":
                said = {name: message[name] for name in ("opacity", "visible") if name in message}
                self.layers.show(str(message["name"]), **said)
            case "run":
                call_all(self._runners)

    def _redraw(self) -> None:
        with self.guard:
            self._canvas_layers.send_all()
            self._ink.post(revision=self._canvas_layers.revision)

    def _sharpen(self, _change: object) -> None:
        with self.guard:
            self._canvas_layers.sharpen(max(1, min(2, self._ink.density)))
            self._ink.post(revision=self._canvas_layers.revision)

    def _tell(self) -> None:
        if self._history.sketch is self._told:
            return
        self._told = self._history.sketch
        call_all(self._listeners)


def fitted_to_paper(source: PictureLike) -> Fitted:
    """The picture at a size that a paper can have: made smaller when it is too large, never cut."""
    return picture_within(source, MAX_SIDE_PX)
