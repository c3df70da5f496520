"""What a serverless worker does with one event: request in, picture with its recipe out. Knows no server."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

from lab.cloud.payload import request_from_payload
from lab.core.errors import SketchlabError
from lab.core.events import Result
from lab.core.recipe import Request
from lab.gallery import png_with_recipe

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


def serverless_handler(submit: Callable[[Request], Awaitable[Result]]) -> Handler:
    """A handler for `runpod.serverless.start`.

    An event is `{"input": payload}` (see `request_to_payload`); the answer is `{"png": base64, "summary", "note",
    "seconds"}`, or `{"error": sentence}`, which Runpod reports as a failed job.
    """

    async def handle(event: dict[str, Any]) -> dict[str, Any]:
        try:
            result = await submit(request_from_payload(event.get("input")))
        except SketchlabError as error:
            return {"error": str(error)}
        png = base64.b64encode(png_with_recipe(result)).decode()
        return {"png": png, "summary": result.plan.summary, "note": result.note, "seconds": round(result.seconds, 3)}

    return handle
