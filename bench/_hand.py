"""A hand that draws on the sketch canvas with real pointer events, and the ear that hears when its ink is there."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page, WebSocket

_LISTEN = """() => {
  window.inkBench = { ink: [], ack: [] };
  document.addEventListener("sketchlab:ink", (event) => inkBench.ink.push(event.detail));
  document.addEventListener("sketchlab:ack", (event) => inkBench.ack.push(event.detail));
}"""
_HEARD = "() => { const { ink, ack } = inkBench; inkBench.ink = []; inkBench.ack = []; return { ink, ack }; }"
_SETTLED = "document.querySelector('.sketchlab-surface').dataset.ink === '0'"


class Wire:
    """Counts what a page sends to its kernel for strokes; made before the page is opened."""

    def __init__(self, page: Page) -> None:
        self.messages = self.bytes = 0
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", self._count)

    def _count(self, payload: bytes | str) -> None:
        frame = payload if isinstance(payload, bytes) else payload.encode()
        if b'"kind":"op"' in frame and b'"op":"draw"' in frame:
            self.messages += 1
            self.bytes += len(frame) + _frame_header(len(frame))


def draw_line(page: Page, points: Sequence[tuple[float, float]], steps: int = 8) -> None:
    """Draw a line on the first canvas of a page, through points given in shares of the canvas.

    Raises:
        RuntimeError: when there is no canvas on the screen.
    """
    box = page.locator(".sketchlab-surface").first.bounding_box()
    if box is None:
        msg = "the canvas is not on the screen"
        raise RuntimeError(msg)
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=steps)
    page.mouse.up()


class Hand:
    """Draws curls on the first canvas of a page; `heard` gives the latencies since it was last asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        surface = page.locator(".sketchlab-surface").first
        surface.wait_for()
        surface.scroll_into_view_if_needed()
        box = surface.bounding_box()
        if box is None:
            msg = "the canvas is not on the screen"
            raise RuntimeError(msg)
        self._box = box
        page.evaluate(_LISTEN)

    def draw(self, strokes: int, points: int = 64) -> None:
        """Draw strokes of so many pointer events each, and wait until the kernel has shown them all."""
        for number in range(strokes):
            self.curl(number, points)
        self.page.wait_for_function(_SETTLED, timeout=60_000)

    def curl(self, number: int, points: int = 64) -> None:
        """One stroke; another number is another place."""
        x, y, width = self._box["x"], self._box["y"], self._box["width"]
        left, top = 0.15 + 0.11 * (number % 6), 0.2 + 0.13 * (number // 6 % 5)
        mouse = self.page.mouse
        mouse.move(x + width * left, y + width * top)
        mouse.down()
        for step in range(points):
            turn = step * 0.21
            mouse.move(
                x + width * (left + 0.002 * step + 0.04 * math.sin(turn)),
                y + width * (top + 0.06 * (1 - math.cos(turn))),
            )
        mouse.up()

    def heard(self) -> dict[str, Any]:
        """Pointer-to-ink and stroke-to-ack latencies since the last call."""
        heard = self.page.evaluate(_HEARD)
        return {"pointer_to_ink_ms": spread(heard["ink"]), "stroke_to_ack_ms": spread(heard["ack"])}


def spread(values: Sequence[float]) -> dict[str, float]:
    """How many there are, and their median, 95th percentile and largest."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]
    figures = {"p50": statistics.median(ordered), "p95": p95, "max": ordered[-1]}
    return {"count": len(ordered), **{name: round(value, 2) for name, value in figures.items()}}


def _frame_header(payload_bytes: int) -> int:
    """Bytes of a masked websocket frame before its payload."""
    return 6 + (0 if payload_bytes < 126 else 2 if payload_bytes < 65536 else 8)
