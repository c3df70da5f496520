"""A recipe as it may leave the machine: files of weights by their names, without the folders they lie in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from lab.core.recipe import Recipe

_Value = TypeVar("_Value")


def shareable(recipe: Recipe) -> Recipe:
    """The same recipe with the name of each file of its own model, LoRAs and settings in place of its path.

    What is in a folder of models is found again by its name; a catalogue's name, a repository's and an address stay.
    """
    return recipe.changed(
        model=without_folders(recipe.model),
        loras=tuple(one.changed(name=without_folders(one.name)) for one in recipe.loras),
        controls=tuple(one.changed(settings=_settings(one.settings)) for one in recipe.controls),
        filters=tuple(one.changed(settings=_settings(one.settings)) for one in recipe.filters),
        settings=_settings(recipe.settings),
    )


def _settings(settings: Mapping[str, _Value]) -> dict[str, _Value]:
    return {name: without_folders(value) if isinstance(value, str) else value for name, value in settings.items()}


def without_folders(place: str) -> str:
    """The last part of a path that begins at a root, a home or this folder, of any system; all else as it is."""
    path = PureWindowsPath(place)  # takes both kinds of slashes
    is_path = place.startswith(("/", "~/", "./", "../", "\\\\")) or path.is_absolute()
    return path.name if is_path and path.name else place
