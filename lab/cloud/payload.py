"""A request as JSON values and back, pictures as base64 PNG; what travels to a serverless GPU."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.image_files import opened
from lab.core.picture import Picture
from lab.core.recipe import Recipe, Request

MAX_BYTES = 9_000_000
"""Runpod Serverless takes requests of 10 MB, and answers of as many; the rest is room for its own envelope."""
MAX_PICTURES = 16
"""Picture, mask, scene, colours, four controls, four references and four regions."""
MAX_PIXELS = 32_000_000
"""Of all pictures of a request together: as RGBA they take 128 MB, and twice that while they are read."""
_DEEPEST = 6
"""A recipe's settings of a control are four tables deep."""
_MOST_VALUES = 2_000
_KEYS = ("recipe", "pictures", "stored")
_REQUEST = 'a request is {"recipe": {...}, "pictures": {hash: base64 PNG}, "stored": [hash, ...]}'

Stored = Callable[[str], bytes | None]
"""What is kept under the hash of a picture, as PNG, where both sides see it; None when nothing is."""


def request_to_payload(request: Request, *, encoded: Callable[[Picture], str] | None = None,
                       stored: Collection[str] = ()) -> dict[str, Any]:  # fmt: skip
    """The request as JSON values: `{"recipe": {...}, "pictures": {hash: base64 PNG}, "stored": [hash, ...]}`.

    Args:
        request: what is asked.
        encoded: a picture as base64 PNG, where that is kept already.
        stored: the hashes of the pictures that the other side finds by itself, on a network volume.

    Raises:
        BadInput: when its pictures are too large to travel.
    """
    text = encoded or as_base64
    pictures = {name: text(picture) for name, picture in request.pictures.items() if name not in stored}
    size = sum(map(len, pictures.values()))
    if size > MAX_BYTES:
        msg = (
            f"the pictures weigh {size / 1e6:.1f} MB on the way, more than {MAX_BYTES / 1e6:.0f}: make them smaller, "
            "or give endpoint and lab one network volume"
        )
        raise BadInput(msg)
    payload: dict[str, Any] = {"recipe": json.loads(request.recipe.to_json()), "pictures": pictures}
    found = sorted(set(stored) & set(request.pictures))
    return {**payload, "stored": found} if found else payload


def as_base64(picture: Picture) -> str:
    """The picture as a PNG file in base64, ASCII, without a data URL's head."""
    return base64.b64encode(picture.to_png()).decode()


def request_from_payload(
    payload: Any, *, allow: Callable[[Recipe], None] = lambda _: None, stored: Stored = lambda _: None
) -> Request:
    """The request in JSON values that came from anywhere; nothing in them is trusted, and no picture decoded early.

    Args:
        payload: what came.
        allow: raises `BadInput` for a recipe that is not drawn here, before any of its pictures is looked at.
        stored: finds the pictures that did not travel.

    Raises:
        BadInput: says what is missing, wrong or too much.
    """
    if not isinstance(payload, dict) or not isinstance(payload.get("recipe"), dict):
        raise BadInput(_REQUEST)
    _check_shape(payload["recipe"])
    unknown = sorted(f"{one!s:.40}" for one in set(payload) - set(_KEYS))
    if unknown:
        msg = f"a request has a recipe and pictures, not {', '.join(unknown)[:80]}"
        raise BadInput(msg)
    given, elsewhere = payload.get("pictures", {}), payload.get("stored", [])
    if not isinstance(given, dict):
        msg = "pictures is a table from hash to base64 PNG"
        raise BadInput(msg)
    if not isinstance(elsewhere, list) or not all(isinstance(name, str) for name in elsewhere):
        msg = "stored is a list of the hashes of pictures"
        raise BadInput(msg)
    recipe = _recipe(payload["recipe"])
    allow(recipe)
    return Request(recipe, _pictures(recipe, given, elsewhere, stored))


def _check_shape(values: Mapping[Any, Any]) -> None:
    """Refuse what is nested or wide beyond any recipe, before anything walks through it by calling itself."""
    level: list[Any] = [values]
    count = 0
    for _ in range(_DEEPEST):
        level = [one for value in level for one in _within(value)]
        count += len(level)
        if not level:
            return
        if count > _MOST_VALUES:
            break
    msg = f"this recipe cannot be used: it has over {_MOST_VALUES} values, or tables within tables beyond {_DEEPEST}"
    raise BadInput(msg)


def _within(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _recipe(values: dict[Any, Any]) -> Recipe:
    foreign = sorted(f"{one!s:.40}" for one in set(values) - set(Recipe.model_fields))
    if foreign:
        msg = f"this recipe cannot be used: there is no field {foreign[0]!r}"
        raise BadInput(msg)
    try:
        return Recipe.from_json(json.dumps(values))
    except BadInput:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"this recipe cannot be used: {type(error).__name__}"
        raise BadInput(msg) from error


def _pictures(recipe: Recipe, given: Mapping[Any, Any], elsewhere: list[str], stored: Stored) -> dict[str, Picture]:
    """The pictures that the recipe names, all of them measured before the first is decoded."""
    wanted = recipe.picture_names
    foreign = sorted(f"{one!s:.40}" for one in {*given, *elsewhere} - set(wanted))
    if foreign:
        msg = f"the recipe names no picture {foreign[0]}: leave it out"
        raise BadInput(msg)
    if len(wanted) > MAX_PICTURES:
        msg = f"a request has at most {MAX_PICTURES} pictures, not {len(wanted)}"
        raise BadInput(msg)
    if sum(len(text) for text in given.values() if isinstance(text, str)) > 2 * MAX_BYTES:
        msg = f"the pictures weigh more than {2 * MAX_BYTES / 1e6:.0f} MB: make them smaller"
        raise BadInput(msg)
    files = {name: partial(_decoded, name, given[name]) for name in wanted if name in given}
    files |= {name: partial(_found, name, stored) for name in wanted if name in elsewhere and name not in given}
    encoded = {name: read() for name, read in files.items()}
    pixels = sum(_size(name, data).pixels for name, data in encoded.items())
    if pixels > MAX_PIXELS:
        much = f"{pixels / 1e6:.0f} megapixels together, more than {MAX_PIXELS / 1e6:.0f}"
        msg = f"the pictures have {much}: make them smaller"
        raise BadInput(msg)
    return {name: _picture(name, data) for name, data in encoded.items()}


def _decoded(name: str, text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        msg = f"the picture {name} cannot be read: it is no base64"
        raise BadInput(msg) from error


def _found(name: str, stored: Stored) -> bytes:
    data = stored(name)
    if data is None:
        msg = f"the picture {name} is not on the network volume of this worker: attach the lab's volume to the endpoint"
        raise BadInput(msg)
    return data


def _size(name: str, data: bytes) -> Size:
    try:
        with opened(data) as image:
            return Size(*image.size)
    except BadInput as error:
        msg = f"the picture {name} cannot be read: {error}"
        raise BadInput(msg) from error


def _picture(name: str, data: bytes) -> Picture:
    """The picture, when it is the one that its name says."""
    try:
        picture = Picture.of(data)
    except BadInput as error:
        msg = f"the picture {name} cannot be read: {error}"
        raise BadInput(msg) from error
    if picture.hash != name:
        msg = f"the picture named {name} is another one, {picture.hash}: it was changed on the way"
        raise BadInput(msg)
    return picture
