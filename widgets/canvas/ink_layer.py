"""The kernel's half of the ink layer: takes changes from browsers, each once and in order; knows no sketch, no pixels.

What travels, as custom messages (the browser's half is `ink/outbox.js`):

    browser → kernel   {kind: "op", client, seq, op: "draw", tool, colour, size_px, opacity, and shape, hardness, mirror
                        where they are not the usual ones} + points (see `point_codec.py`)
                       {kind: "op", client, seq, op, ...}   any other change, with what it needs; a picture's bytes
                                                            as its file has them, and of a large file the last of them,
                                                            with `upload`, a name, and `at`, where they begin
                       {..., op: "piece", upload, at} + bytes   what comes before those
                       {kind: "redraw"}                     a browser asks for all pixels
                       {kind: "give", use}                  ... for the picture: to "copy" or to "save"
                       {kind: "layer", name, ...}           ... for another opacity or visibility of a layer
                       {kind: "run"}                        Ctrl+Enter
    kernel → browser   {kind: "ack", client, last, revision}   all up to `last` are done and shown by that revision
                                                        + gap: true where one is missing,
                                                        + refused: a sentence, where the last one was refused
                       {kind: "picture", name, use} + PNG

A browser numbers its changes from 1, keeps each until its ack and sends all that are unacked again when nothing moves.
Here only the next number is accepted and older ones are only acked again, so that a busy kernel, a lost message or a
cut connection loses, doubles and reorders nothing. A change that takes long is made on a thread of the canvas's own,
and all that comes meanwhile waits there, in order; each is acked when it is done and shown. The page keeps what is
unacked in its `sessionStorage`, under `memory`: after a reload, or when the same sketch is opened again after a restart
of the kernel, it is sent again under its old name and number, as `resumed`: a kernel that does not know the name begins
to count there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from traitlets import Bool, Bytes, Dict, Enum, Float, Int, List, Unicode

from lab.core.errors import BadInput
from lab.core.stroke import MIRRORS, Stroke
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import AnyWidget
from widgets.base.joined_modules import joined
from widgets.base.page_words import for_page
from widgets.base.thread_safe import ThreadSafe
from widgets.canvas.file_pieces import FilePieces
from widgets.canvas.point_codec import read_points

_log = logging.getLogger("lab.widgets")
_CLIENTS_KEPT = 256
_NUMBERS = count()
_INK = Path(__file__).parent / "ink"
_PARTS = (
    "bars/icons.js",
    "bars/roving.js",
    "shape.js",
    "point_codec.js",
    "paint.js",
    "view.js",
    "outbox.js",
    "layers.js",
    "canvas_session.js",
    "screen.js",
    "frame.js",
    "pointer.js",
    "keyboard_pen.js",
    "bars/popover.js",
    "pictures.js",
    "bars/toolbar.js",
    "bars/picture_bar.js",
    "bars/legend.js",
    "bars/mask_bar.js",
    "bars/layerlist.js",
    "bars/footer.js",
    "keys.js",
    "ink.js",
)
"""The parts of the ink layer's module; each comes after those that it needs at once."""
_MOST = 1e9
"""No number that a change needs is farther from 0; the kernel's own bounds are narrower."""
_OWN = {"sync": True, "echo_update": False}
_PEN = ("tool", "colour", "size_px", "opacity", "shape", "hardness", "mirror")
INK_TOOLS = (
    "brush",
    "eraser",
    "line",
    "rectangle",
    "ellipse",
    "lasso",
    "polygon",
    "bucket",
    "picker",
    "wand",
    "frame",
)


@dataclass(frozen=True)
class Change:
    """What a person did in a browser: the name of the edit, its stroke when that is "draw", and what else it needs."""

    op: str
    stroke: Stroke | None = None
    values: dict[str, Any] = field(default_factory=dict)
    content: bytes = b""

    def number(self, name: str) -> float:
        """A number that it needs.

        Raises:
            BadInput: when there is none.
        """
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -_MOST <= value <= _MOST:
            msg = f"{name} must be a number, not {value!r:.40}"
            raise BadInput(msg)
        return float(value)

    def word(self, name: str) -> str:
        """A word that it needs.

        Raises:
            BadInput: when there is none.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            msg = f"{name} must be a word, not {value!r:.40}"
            raise BadInput(msg)
        return value


class InkLayer(ThreadSafe, AnyWidget):
    """The layer that the pen touches, with its toolbar.

    Args:
        kind: "sketch" or "mask": which tools there are.
        change: makes one change, and puts its pixels on the way as `revision`. May raise `BadInput`. Prepares what
            takes long without the lock, then enters the lock into the stack, which holds it until the change is acked:
            else one whose canvas is closed between would be sent, and made, again.
        changed: called after the ack of a change, under the lock.
        asked: called with the content of any other message; those of the kind "give" without the lock.
        slow: the names of the changes that take long.
        heard: the number of the last change of each browser; kept up to date here, and outlives this widget.
        guard: the canvas's lock.
    """

    _esm = joined(_INK, _PARTS)
    _css = _INK / "ink.css"

    # written by Python
    canvas_id = Unicode().tag(sync=True)
    memory = Unicode().tag(sync=True)
    kind = Unicode("sketch").tag(sync=True)
    content = Unicode("sketch").tag(sync=True)
    paints = Bool(default_value=True).tag(sync=True)
    without = List().tag(sync=True)
    in_colour = Bool(default_value=True).tag(sync=True)
    width = Int(512).tag(sync=True)
    height = Int(512).tag(sync=True)
    revision = Int(0).tag(sync=True)
    can_undo = Bool(default_value=False).tag(sync=True)
    can_redo = Bool(default_value=False).tag(sync=True)
    layers = List().tag(sync=True)
    stamp = Unicode().tag(sync=True)
    drawn_on = Unicode("sketch").tag(sync=True)
    hint = Unicode().tag(sync=True)
    said = Dict().tag(sync=True)
    wand = Dict().tag(sync=True)
    frame = Dict().tag(sync=True)
    frame_picture = Bytes().tag(sync=True)
    # written by the browser, and not echoed: an echo that comes late would undo what the person picked since
    tool = Enum(INK_TOOLS, "brush").tag(**_OWN)
    mode = Enum(("add", "subtract", "intersect"), "add").tag(**_OWN)
    colour = Unicode("#000000").tag(**_OWN)
    other_colour = Unicode("#ffffff").tag(**_OWN)
    size_px = Float(6.0).tag(**_OWN)
    opacity = Float(1.0).tag(**_OWN)
    hardness = Float(1.0).tag(**_OWN)
    mirror = Enum(MIRRORS, "").tag(**_OWN)
    smoothing = Bool(default_value=True).tag(**_OWN)
    pressure_size = Bool(default_value=True).tag(**_OWN)
    pressure_opacity = Bool(default_value=False).tag(**_OWN)
    fill_shapes = Bool(default_value=False).tag(**_OWN)
    tolerance = Float(12.0).tag(**_OWN)
    overlay_colour = Unicode("#ff3b30").tag(**_OWN)
    overlay_opacity = Float(0.55).tag(**_OWN)
    reach_px = Int(8).tag(**_OWN)
    density = Int(1).tag(**_OWN)
    dragged = Dict().tag(**_OWN)

    def __init__(
        self,
        kind: str,
        *,
        change: Callable[[Change, ExitStack], None],
        changed: Callable[[], None],
        asked: Callable[[dict[str, Any]], None],
        slow: frozenset[str],
        heard: dict[str, int],
        guard: threading.RLock,  # pyright: ignore[reportInvalidTypeForm]
        **traits: Any,
    ) -> None:
        self._change, self._changed, self._asked = change, changed, asked
        self._slow = slow | {"give"}
        self._last = heard
        self._taken: dict[str, int] = {}
        self._pieces = FilePieces()
        self._queue = BackgroundQueue("changes of a canvas")
        canvas_id = uuid4().hex
        traits["memory"] = traits.get("memory") or canvas_id
        super().__init__(guard=guard, canvas_id=canvas_id, kind=kind, **traits)
        self.on_msg(self._hear)

    def post(self, **traits: Any) -> None:
        """Assign traits from any thread.

        What a person picks is sent even where it is no change here: a page may be ahead, with a pick on its way.
        """
        picks = self.trait_names(echo_update=False)
        with self.guard:
            if same := [name for name, value in traits.items() if name in picks and getattr(self, name) == value]:
                self.send_state(same)
            super().post(**traits)

    def _hear(self, _widget: object, content: dict[str, Any], buffers: list[Any]) -> None:
        try:
            with self.guard:
                if content.get("kind") == "op":
                    self._take(content, buffers)
                elif (kind := content.get("kind")) in ("give", "run"):  # of what was drawn before they were pressed
                    self._in_turn(kind, lambda: self._asked(content))
                else:
                    self._asked(content)
        except Exception:
            _log.exception("a message of the canvas could not be handled")

    def close(self) -> None:
        """Close the layer; changes that are not made yet stay in the page, which sends them again."""
        self._queue.close()
        super().close()

    def _take(self, content: dict[str, Any], buffers: list[Any]) -> None:
        client, seq = str(content["client"]), int(content["seq"])
        self._last[client] = self._last.pop(client, seq - 1 if content.get("resumed") else 0)
        while len(self._last) > _CLIENTS_KEPT:
            del self._last[next(iter(self._last))]
        taken = self._taken.get(client, self._last[client])
        if seq != taken + 1:
            self._ack(client, {"gap": True} if seq > taken + 1 else {})
            return
        self._taken[client] = seq
        try:
            self._in_turn(str(content.get("op")), lambda: self._make(client, seq, content, buffers))
        except BaseException:  # such as the stop button: it is not made, and must not count as taken
            self._taken.pop(client, None)
            raise

    def _in_turn(self, op: str, work: Callable[[], None]) -> None:
        """Do it at once; where it takes long, or something before it does, after that and on another thread."""
        if op in self._slow or not self._queue.is_idle:
            self._queue.add(next(_NUMBERS), work)
        else:
            work()

    def _make(self, client: str, seq: int, content: dict[str, Any], buffers: list[Any]) -> None:
        with ExitStack() as holding:
            refused = self._refusal(content, buffers, holding)
            holding.enter_context(self.guard)
            if self.comm is None:
                return
            self._last[client] = seq
            if self._taken.get(client) == seq:
                del self._taken[client]
            self._ack(client, {"refused": refused} if refused else {})
            self._changed()

    def _ack(self, client: str, more: dict[str, Any]) -> None:
        ack = {"kind": "ack", "client": client, "last": self._last[client], "revision": self.revision}
        self.send({**ack, **more})

    def _refusal(self, content: dict[str, Any], buffers: list[Any], holding: ExitStack) -> str | None:
        """Make the change; a sentence for the person when something went wrong."""
        try:
            sent = bytes(buffers[0]) if buffers else b""
            if content.get("op") == "piece":
                self._pieces.add(content, sent)
                return None
            if "upload" in content:
                buffers = [self._pieces.whole(content, sent)]
            self._change(_change_in(content, buffers), holding)
        except BadInput as error:
            return for_page(str(error))
        except OSError as error:
            _log.exception("a change of the canvas may not be saved")
            return for_page(f"The last change is on the canvas but may not be saved: {error}")
        except Exception as error:
            _log.exception("a change of the canvas failed")
            return for_page(f"The last change could not be made: {error}")
        return None


def _change_in(content: dict[str, Any], buffers: list[Any]) -> Change:
    """The change in a message.

    Raises:
        BadInput: when it is malformed.
    """
    operation = str(content.get("op"))
    if operation == "draw":
        return Change(operation, _stroke(content, buffers))
    values = {name: value for name, value in content.items() if name not in ("kind", "client", "seq", "op")}
    return Change(operation, None, values, bytes(buffers[0]) if buffers else b"")


def _stroke(content: dict[str, Any], buffers: list[Any]) -> Stroke:
    """The stroke in a message.

    Raises:
        BadInput: when it is malformed.
    """
    if not buffers:
        msg = "A stroke could not be read and was left out: it has no points"
        raise BadInput(msg)
    return Stroke(read_points(buffers[0]), **{name: content[name] for name in _PEN if name in content})
