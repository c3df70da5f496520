"""The promise: a worker that decodes a bomb or a large picture hears at once that a job is stopped."""

from __future__ import annotations

import asyncio
import base64
import io
import threading
import time
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lab import Lab, Picture
from lab.cloud import ServerlessHandler, payload
from lab.cloud.served import Served
from lab.core.catalogue import chosen_model
from tests.endure.full import IS_FULL

_TICK_S, _LATE_S = 0.01, 0.5


def _event(content: bytes) -> dict[str, Any]:
    recipe = {"task": "image_to_image", "image": "f" * 32}
    return {"id": "1", "input": {"recipe": recipe, "pictures": {"f" * 32: base64.b64encode(content).decode()}}}


def _png(pixels: np.ndarray | Image.Image) -> bytes:
    buffer = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_job_is_stopped_while_its_picture_is_decoded(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder here does not end before the job has."""
    begins, may_end = threading.Event(), threading.Event()

    def decode(_: bytes) -> Picture:
        begins.set()
        assert may_end.wait(60), "the stop waits for the decoder"
        return Picture(np.zeros((8, 8, 3), np.uint8))

    monkeypatch.setattr(payload.Picture, "of", decode)
    handler = ServerlessHandler(lab.submit, Served((chosen_model("starter"),)))

    async def stopped() -> None:
        job = asyncio.create_task(handler(_event(_png(np.zeros((8, 8, 3), np.uint8)))))
        await asyncio.to_thread(begins.wait)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        may_end.set()

    asyncio.run(stopped())


@pytest.mark.parametrize(
    ("image", "is_decoded"),
    [
        pytest.param(lambda: Image.new("1", (8000, 8000)), False, id="a bomb"),
        pytest.param(lambda: Image.new("RGB", (5600, 5600)), True, id="31 megapixels"),
    ],
)
def test_the_loop_of_a_worker_goes_on_while_a_picture_is_read(lab: Lab, image: Any, is_decoded: bool) -> None:
    """How late it is at most depends on who else is on the machine: asserted in full runs alone."""
    event, handler = _event(_png(image())), ServerlessHandler(lab.submit, Served((chosen_model("starter"),)))

    async def late() -> tuple[int, float]:
        job = asyncio.create_task(handler(event))
        ticks, longest, last = 0, 0.0, time.monotonic()
        while not job.done():
            await asyncio.sleep(_TICK_S)
            now = time.monotonic()
            ticks, longest, last = ticks + 1, max(longest, now - last - _TICK_S), now
        assert job.result()["kind"] == "bad_input"  # too large, or not the picture that its name says
        return ticks, longest

    ticks, longest = asyncio.run(late())
    print(f"{ticks} ticks, {longest:.3f} s late at most")  # noqa: T201 - for who measures
    assert ticks > is_decoded
    if IS_FULL:
        assert longest < _LATE_S
