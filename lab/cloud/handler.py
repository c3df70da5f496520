"""What a serverless worker does with one event: request in, picture with its recipe out. Knows no server."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from weakref import WeakValueDictionary

from lab.cloud.answer import BROKEN_WORKER, answer_of, refusal, without_paths
from lab.cloud.claim import Claims
from lab.cloud.one_gpu import OneGpu
from lab.cloud.payload import MAX_BYTES, request_from_payload
from lab.cloud.progress_line import ProgressLine, Send
from lab.cloud.served import Served
from lab.cloud.volume import Volume, answer_name, picture_name
from lab.core.errors import SketchlabError
from lab.core.recipe import Recipe, Request
from lab.jobs.live_session import Submit
from lab.tasks import plan

_log = logging.getLogger("lab.cloud")
_BROKEN = {"error": "the GPU of this worker is out of order, and the worker is being replaced", "kind": BROKEN_WORKER}

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(eq=False)
class ServerlessHandler:
    """A handler for `runpod.serverless.start`: an async function that answers with a dict.

    An event is `{"id", "input": payload}` (see `request_to_payload`); the answer is a picture (see `answer_of`), or
    `{"error": sentence, "kind": ...}`, which Runpod reports as a failed job.

    Args:
        submit: draws a request in its turn.
        served: what is drawn here.
        send: posts a job's progress, and returns once that has arrived.
        volume: the files that lab and endpoint share; None when there are none.
        claims: keeps other workers on that volume from drawing the same at the same time.
        gpu: what draws; once it is out of order, every job is handed back.
        on_broken: hears of that.
        hidden: the words of requests at work, which no log shall show.
    """

    submit: Submit
    served: Served
    send: Send | None = None
    volume: Volume | None = None
    claims: Claims | None = None
    gpu: OneGpu = field(default_factory=OneGpu)
    on_broken: Callable[[], None] = lambda: None
    hidden: list[str] = field(default_factory=list)
    _drawing: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        """The answer to one event."""
        if self.gpu.is_broken:
            return {**_BROKEN, "refresh_worker": True}
        try:
            asked = await asyncio.to_thread(self._read, event.get("input"))
            same = self._drawing.setdefault(answer_name(asked.recipe), asyncio.Lock())
            with _Hidden(self.hidden, asked.recipe):
                async with same:  # sent twice, it is drawn once: the second finds what the first has kept
                    return await asyncio.to_thread(self._kept, asked.recipe) or await self._alone(event, asked)
        except Exception as error:
            return self._refused(error)

    def _read(self, payload: Any) -> Request:
        def stored(name: str) -> bytes | None:
            return self.volume.read(picture_name(name)) if self.volume else None

        asked = request_from_payload(payload, allow=self.served.check, stored=stored)
        self.served.check_size(plan(asked))
        return asked

    def _kept(self, recipe: Recipe) -> dict[str, Any] | None:
        """The answer of an earlier time, which costs nothing now."""
        if self.volume is None:
            return None
        answer = self.volume.read_answer(answer_name(recipe))
        if answer is None:
            return None
        text = base64.b64encode(self.volume.read(answer["stored"]) or b"").decode()
        carried = {"png": text} if text and len(text) <= MAX_BYTES else {}  # a lab may not have the volume
        return {**answer, **carried, "was_there": True}

    async def _alone(self, event: dict[str, Any], asked: Request) -> dict[str, Any]:
        """The answer, drawn by no other worker at the same time."""
        if self.claims is None:
            return await self._drawn(event, asked)
        async with self.claims.held(answer_name(asked.recipe)):
            return await asyncio.to_thread(self._kept, asked.recipe) or await self._drawn(event, asked)

    async def _drawn(self, event: dict[str, Any], asked: Request) -> dict[str, Any]:
        async with ProgressLine(event, self.send) as line:
            result = await self.submit(self.served.with_files(asked), line.hear)
        if self.volume is None:
            return await asyncio.to_thread(answer_of, result, asked.recipe)
        return await asyncio.to_thread(self.volume.answered, result, asked.recipe)

    def _refused(self, error: Exception) -> dict[str, Any]:
        if self.gpu.is_broken:
            _log.error("the GPU is out of order, and the worker ends: %s", without_paths(str(error)))
            self.on_broken()
            return {**_BROKEN, "refresh_worker": True}
        if isinstance(error, SketchlabError):
            _log.info("a request was refused (%s)", type(error).__name__)  # no sentence: it may quote the prompt
            return refusal(error)
        _log.exception("the worker met a defect")
        return {"error": f"something broke in the worker ({type(error).__name__}): its log says more", "kind": "defect"}


class _Hidden:
    """While this lasts, the words of a recipe are hidden."""

    def __init__(self, hidden: list[str], recipe: Recipe) -> None:
        self._hidden = hidden
        self._words = [words for words in (recipe.prompt, recipe.negative_prompt) if words.strip()]

    def __enter__(self) -> Self:
        self._hidden.extend(self._words)
        return self

    def __exit__(self, *_: object) -> None:
        for words in self._words:
            with suppress(ValueError):
                self._hidden.remove(words)
