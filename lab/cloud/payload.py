"""A request as JSON values and back, pictures as base64 PNG; what travels to a serverless GPU."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from lab.core.errors import BadInput
from lab.core.picture import Picture
from lab.core.recipe import Recipe, Request

MAX_BYTES = 9_000_000
"""Runpod Serverless takes requests of 10 MB; the rest is room for its own envelope."""


def request_to_payload(request: Request) -> dict[str, Any]:
    """The request as JSON values: `{"recipe": {...}, "pictures": {hash: base64 PNG}}`.

    Raises:
        BadInput: when its pictures are too large to travel.
    """
    pictures = {name: base64.b64encode(picture.to_png()).decode() for name, picture in request.pictures.items()}
    size = sum(map(len, pictures.values()))
    if size > MAX_BYTES:
        msg = f"the pictures weigh {size / 1e6:.1f} MB on the way, more than {MAX_BYTES / 1e6:.0f}: make them smaller"
        raise BadInput(msg)
    return {"recipe": json.loads(request.recipe.to_json()), "pictures": pictures}


def request_from_payload(payload: Any) -> Request:
    """The request in JSON values that came from anywhere; nothing in them is trusted.

    Raises:
        BadInput: says what is missing or wrong.
    """
    if not isinstance(payload, dict) or not isinstance(payload.get("recipe"), dict):
        msg = 'a request is {"recipe": {...}, "pictures": {hash: base64 PNG}}'
        raise BadInput(msg)
    unknown = set(payload) - {"recipe", "pictures"}
    if unknown:
        msg = f"a request has a recipe and pictures, not {', '.join(sorted(unknown))}"
        raise BadInput(msg)
    given = payload.get("pictures", {})
    if not isinstance(given, dict):
        msg = "pictures is a table from hash to base64 PNG"
        raise BadInput(msg)
    pictures = {name: _picture(name, text) for name, text in given.items()}
    return Request(Recipe.from_json(json.dumps(payload["recipe"])), pictures)


def _picture(name: str, text: Any) -> Picture:
    """The picture, when it is the one that its name says."""
    try:
        picture = Picture.of(base64.b64decode(text, validate=True))
    except (binascii.Error, TypeError, ValueError) as error:
        msg = f"the picture {name} cannot be read: {error}"
        raise BadInput(msg) from error
    if picture.hash != name:
        msg = f"the picture named {name} is another one, {picture.hash}: it was changed on the way"
        raise BadInput(msg)
    return picture
