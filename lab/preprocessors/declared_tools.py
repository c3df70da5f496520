"""Which declared functions a recipe is made with."""

from __future__ import annotations

from lab.core.recipe import Recipe
from lab.preprocessors.filters import FILTERS
from lab.preprocessors.maps import PREPROCESSORS


def tools_of(recipe: Recipe) -> dict[str, int]:
    """The functions of both tables that a picture is made with, and the numbers of their declarations."""
    filters = {f"filter {one.name}": FILTERS[one.name].number for one in recipe.filters if one.name in FILTERS}
    names = {control.preprocessor for control in recipe.controls}
    return filters | {f"map {name}": PREPROCESSORS[name].number for name in names if name in PREPROCESSORS}
