"""How far a job is, posted to Runpod: at most one a second, one at a time, and none after the answer."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from lab.core.events import Event, Preview, Progress
from lab.core.picture import Picture

Send = Callable[[dict[str, Any], dict[str, Any]], None]
"""Posts the progress of an event's job, and returns once that has arrived, or cannot."""
_INTERVAL_S = 1.0
_PREVIEW_PX = 192
_PREVIEW_BYTES = 8_000
"""As base64: what is posted is kept by Runpod with the job, and read at every look at it."""


class ProgressLine:
    """Hears the events of one job on the worker's thread, and posts the newest of them now and then.

    Leaving the block waits for what is on its way: Runpod takes a late one for the answer.

    Args:
        event: the job's.
        send: posts; None posts nothing.
        interval_s: the shortest time between two.
    """

    def __init__(self, event: dict[str, Any], send: Send | None, interval_s: float = _INTERVAL_S) -> None:
        self._event, self._send, self._interval_s = event, send, interval_s
        self._closing = asyncio.Event()
        self._progress: Progress | None = None
        self._preview: Picture | None = None
        self._posting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._send is not None:
            self._posting = asyncio.create_task(self._post(self._send))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        if self._posting is not None:
            await self._posting

    def hear(self, event: Event) -> None:
        """An event of the job; any thread."""
        if isinstance(event, Progress):
            self._progress = event
        elif isinstance(event, Preview):
            self._preview = event.picture

    async def _post(self, send: Send) -> None:
        while not self._closing.is_set():
            progress, preview = self._progress, self._preview
            self._progress = self._preview = None
            if progress is not None:
                await asyncio.to_thread(_posted, send, self._event, progress, preview)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._interval_s)


def _posted(send: Send, event: dict[str, Any], progress: Progress, preview: Picture | None) -> None:
    said: dict[str, Any] = {"stage": progress.stage, "step": progress.step, "steps": progress.steps}
    send(event, {**said, "preview": small_jpeg(preview)} if preview is not None else said)


def small_jpeg(picture: Picture) -> str:
    """The picture as base64 JPEG of 8 kB at most."""
    image = picture.on_white().to_pil()
    for side in (_PREVIEW_PX, _PREVIEW_PX // 2, _PREVIEW_PX // 4):
        image.thumbnail((side, side))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=60)
        text = base64.b64encode(buffer.getvalue()).decode()
        if len(text) <= _PREVIEW_BYTES:
            break
    return text
