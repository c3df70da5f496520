"""What this version understands of a recipe that another wrote, so that a picture is shown whatever made it."""

from __future__ import annotations

import json
from typing import Any

from lab.core.errors import BadInput
from lab.core.recipe import Recipe
from lab.core.recipes.migrations import SCHEMA_VERSION, migrated


def recipe_as_known(text: str | bytes) -> tuple[Recipe, str]:
    """The recipe in JSON text, and why that is not the whole of it; an empty sentence when it is.

    Of a newer recipe, or a damaged one, the fields that this version knows; it would draw another picture.
    """
    try:
        return Recipe.from_json(text), ""
    except BadInput as error:
        why = str(error)
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        return Recipe(), why
    values = migrated({**values, "schema_version": min(_version(values), SCHEMA_VERSION)})
    known = {name: value for name, value in values.items() if name in Recipe.model_fields and _fits(name, value)}
    return Recipe(**known), why


def _version(values: dict[str, Any]) -> int:
    version = values.get("schema_version")
    return version if isinstance(version, int) and version > 0 else SCHEMA_VERSION


def _fits(name: str, value: Any) -> bool:
    try:
        Recipe(**{name: value})
    except BadInput:
        return False
    return True
