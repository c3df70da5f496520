"""A browser that tests play: it numbers its changes, packs its points and hears its acks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from comm.base_comm import BaseComm

from tests.widgets.controls import page_sends, until_done
from widgets.canvas.point_codec import GRID, LEVELS

PEN = {"tool": "brush", "colour": "#102030", "size_px": 8.0, "opacity": 1.0}
LINE = np.array([[10, 10, 1], [60, 40, 51 / 255], [90, 20, 1]], "<f4")


class RecordingComm(BaseComm):
    """A connection that writes down every message instead of sending it."""

    def __init__(self, *args, **kwargs):
        self.messages = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        del msg_type, metadata, keys
        self.messages.append((data or {}, buffers))


class Browser:
    """One page that shows a canvas."""

    def __init__(self, canvas, client="page"):
        self.ink, self.client, self.numbers = canvas.ink, client, itertools.count(1)

    def send(self, op, seq=None, points=LINE, packed=None, content=None, *, waits=True, **values):
        """Send a change; with `waits`, come back when the canvas has made all that was sent."""
        seq = next(self.numbers) if seq is None else seq
        body = {"kind": "op", "client": self.client, "seq": seq, "op": op}
        pen = PEN if op == "draw" else {}
        buffers = [memoryview(pack(points) if packed is None else packed)] if op == "draw" else []
        if content is not None:
            buffers = [memoryview(content)]
        page_sends(self.ink, {**body, **pen, **values}, buffers)
        if waits:
            self.until_done()

    def ask(self, kind, **values):
        """Send what is no change, and wait for nothing."""
        page_sends(self.ink, {"kind": kind, **values})

    def until_done(self):
        """Wait until the canvas has made all that was sent."""
        until_done("changes of a canvas")

    @property
    def acks(self):
        return [content for content, _ in self.heard("ack") if content["client"] == self.client]

    def heard(self, kind):
        """The messages of this kind that came, each with its buffers."""
        came = [(data.get("content", {}), buffers) for data, buffers in self.ink.comm.messages]
        return [(content, buffers) for content, buffers in came if content.get("kind") == kind]


def pack(points) -> bytes:
    """Points as `ink/point_codec.js` packs them, with their pressure."""
    steps = np.rint(np.asarray(points, float).reshape(-1, 3) * (GRID, GRID, LEVELS)).astype(int)
    deltas = np.diff(steps, axis=0, prepend=[[0, 0, 0]]).ravel()
    return bytes([1, *itertools.chain.from_iterable(map(_number, deltas.tolist()))])


def _number(delta: int) -> Iterator[int]:
    rest = -2 * delta - 1 if delta < 0 else 2 * delta
    while rest > 127:
        yield rest % 128 + 128
        rest //= 128
    yield rest
