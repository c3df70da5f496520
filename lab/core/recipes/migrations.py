"""Recipes of earlier versions as this one writes them. Knows values as they lie in a file, and no recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.core.model_card import ACCELERATIONS, taken_apart

SCHEMA_VERSION = 2
"""Of the recipes that are written. 2: a model's name says no more how it is made faster, `acceleration` and `family`
do; seeds go up to 2**64 - 1."""
Values = dict[str, Any]


def migrated(values: Values) -> Values:
    """The fields of a recipe, whatever is in them, in the form of `SCHEMA_VERSION`.

    One step a version. What has no version, a newer one or no version at all is left as it is, for the fields' own
    checks.
    """
    version = values.get("schema_version")
    if isinstance(version, bool) or not isinstance(version, int):
        return values
    while version in _STEPS:
        values = {**_STEPS[version](values), "schema_version": version + 1}
        version += 1
    return values


def _from_1(values: Values) -> Values:
    """A name such as "sd15 + taylorseer" was a model and its acceleration."""
    if not isinstance(values.get("model"), str):
        return values
    name, acceleration = taken_apart(values["model"])
    return {**values, "model": name, "acceleration": acceleration} if acceleration in ACCELERATIONS else values


_STEPS: dict[int, Callable[[Values], Values]] = {1: _from_1}
"""By the version that they begin with."""
