"""A recipe as the Python that makes its picture again. Every value is written as a literal, whatever is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.core.frozen_model import FrozenModel

if TYPE_CHECKING:
    from lab.core.recipe import Recipe

_WIDTH = 100
_INDENT = "    "


def code_of(recipe: Recipe) -> str:
    """A notebook's cell that draws the recipe again: imports, the lab, the recipe, the picture."""
    said = _said(recipe)
    names = sorted({"Recipe", *(type(one).__name__ for value in said.values() for one in _several(value))})
    opening = {"model": recipe.model, "family": recipe.family, "acceleration": recipe.acceleration}
    given = [f"{name}={value!r}" for name, value in opening.items() if value]
    if "://" in recipe.model:  # an endpoint that somebody pays is not opened because a file says so
        given = []
    lines = [
        "from lab import open_lab",
        f"from lab.core import {', '.join(names)}",
        "",
        f"lab = open_lab({', '.join(given)})",
        f"recipe = {_call(recipe, 0)}",
        "result = await lab.remake(recipe)",
        "result",
    ]
    return "\n".join(lines) + "\n"


def _said(value: FrozenModel) -> dict[str, Any]:
    """The fields of a value that are not as they are when nothing is said."""
    fields = type(value).model_fields
    return {
        name: getattr(value, name)
        for name, field in fields.items()
        if getattr(value, name) != field.get_default(call_default_factory=True)
    }


def _several(value: Any) -> tuple[FrozenModel, ...]:
    return tuple(one for one in value if isinstance(one, FrozenModel)) if isinstance(value, tuple) else ()


def _call(value: FrozenModel, depth: int) -> str:
    given = [f"{name}={_literal(one, depth + 1)}" for name, one in _said(value).items()]
    return _bracketed(f"{type(value).__name__}(", given, ")", depth)


def _literal(value: Any, depth: int) -> str:
    if isinstance(value, FrozenModel):
        return _call(value, depth)
    if isinstance(value, tuple):
        return _bracketed("(", [_literal(one, depth + 1) for one in value], ",)" if len(value) == 1 else ")", depth)
    if isinstance(value, dict):
        return _bracketed("{", [f"{name!r}: {_literal(one, depth + 1)}" for name, one in value.items()], "}", depth)
    return repr(value)


def _bracketed(opening: str, parts: list[str], closing: str, depth: int) -> str:
    """The parts in one line where they fit, else one a line."""
    short = f"{opening}{', '.join(parts)}{closing}"
    if len(short) + len(_INDENT) * depth <= _WIDTH and "\n" not in short:
        return short
    inner = _INDENT * (depth + 1)
    return "\n".join([opening, *(f"{inner}{part}," for part in parts), _INDENT * depth + closing.lstrip(",")])
