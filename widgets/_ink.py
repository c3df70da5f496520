"""The kernel's half of the ink layer: takes changes from browsers, each once and in order; knows no sketch, no pixels.

What travels, as custom messages (the browser's half is `ink_outbox.js`):

    browser → kernel   {kind: "op", client, seq, op: "draw", tool, colour, size_px, opacity} + float32 x, y, pressure
                       {kind: "op", client, seq, op: "undo" | "redo" | "clear"}
                       {kind: "redraw"}                a browser asks for all pixels
    kernel → browser   {kind: "ack", client, last}     all up to `last` are done; + gap: true where one is missing,
                                                       + refused: a sentence, where the last one was refused

A browser numbers its changes from 1, keeps each until its ack and sends all that are unacked again when nothing moves.
Here only the next number is accepted and older ones are only acked again, so that a busy kernel, a lost message or a
cut connection loses, doubles and reorders nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import anywidget
import numpy as np
from traitlets import Bool, Enum, Float, Int, Unicode

from lab.core.errors import BadInput
from lab.core.sketch import TOOLS, Stroke
from widgets._guard import Guarded

_log = logging.getLogger(__name__)
_CLIENTS_KEPT = 256
_HERE = Path(__file__).parent
_PARTS = ("ink_shape.js", "ink_outbox.js", "ink_toolbar.js", "ink.js")
"""The parts of the ink layer's module; each comes after those that it imports."""


def _joined() -> str:
    """The parts as the one module that a browser can load: anywidget's modules cannot import their neighbours."""
    lines = (line for part in _PARTS for line in (_HERE / part).read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if not line.startswith("import "))


class Ink(Guarded, anywidget.AnyWidget):
    """The layer that the pen touches, with its toolbar.

    Args:
        change: makes one change: the operation, and its stroke when that is "draw". May raise `BadInput`.
        changed: called after the ack of a change.
        redraw: sends all pixels again.
        guard: the canvas's lock; held around all three.
    """

    _esm = _joined()
    _css = _HERE / "ink.css"

    # written by Python
    canvas_id = Unicode().tag(sync=True)
    width = Int(512).tag(sync=True)
    height = Int(512).tag(sync=True)
    revision = Int(0).tag(sync=True)
    can_undo = Bool(default_value=False).tag(sync=True)
    can_redo = Bool(default_value=False).tag(sync=True)
    # written by the browser
    tool = Enum(TOOLS, "brush").tag(sync=True)
    colour = Unicode("#000000").tag(sync=True)
    size_px = Float(6.0).tag(sync=True)

    def __init__(
        self,
        change: Callable[[str, Stroke | None], None],
        changed: Callable[[], None],
        redraw: Callable[[], None],
        guard: threading.RLock,  # pyright: ignore[reportInvalidTypeForm]
    ) -> None:
        self._change, self._changed, self._redraw = change, changed, redraw
        self._last: dict[str, int] = {}
        super().__init__(guard=guard, canvas_id=uuid4().hex)
        self.on_msg(self._hear)

    def _hear(self, _widget: object, content: dict[str, Any], buffers: list[Any]) -> None:
        try:
            with self.guard:
                if content.get("kind") == "op":
                    self._take(content, buffers)
                elif content.get("kind") == "redraw":
                    self._redraw()
        except Exception:
            _log.exception("a message of the sketch canvas could not be handled")

    def _take(self, content: dict[str, Any], buffers: list[Any]) -> None:
        client, seq = str(content["client"]), int(content["seq"])
        last = self._last.pop(client, 0)
        is_next = seq == last + 1
        self._last[client] = seq if is_next else last
        while len(self._last) > _CLIENTS_KEPT:
            del self._last[next(iter(self._last))]
        answer: dict[str, Any] = {"kind": "ack", "client": client, "last": self._last[client]}
        if not is_next:
            self.send({**answer, "gap": True} if seq > last + 1 else answer)
            return
        refused = self._refusal(content, buffers)
        self.send({**answer, "refused": refused} if refused else answer)
        self._changed()

    def _refusal(self, content: dict[str, Any], buffers: list[Any]) -> str | None:
        """Make the change; a sentence for the person when something went wrong."""
        try:
            operation = content.get("op")
            self._change(str(operation), _stroke(content, buffers) if operation == "draw" else None)
        except BadInput as error:
            return str(error)
        except Exception as error:
            _log.exception("a change of the sketch failed")
            return f"The last change is on the canvas but may not be saved: {error}"
        return None


def _stroke(content: dict[str, Any], buffers: list[Any]) -> Stroke:
    """The stroke in a message.

    Raises:
        BadInput: when it is malformed.
    """
    try:
        points = np.frombuffer(buffers[0], "<f4").reshape(-1, 3)
        pen = {name: content[name] for name in ("tool", "colour", "size_px", "opacity")}
    except (IndexError, KeyError, ValueError, TypeError) as error:
        msg = f"A stroke could not be read and was left out: {error}"
        raise BadInput(msg) from error
    return Stroke(points, **pen)
