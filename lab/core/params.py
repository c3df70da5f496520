"""What a slider, an option or a document needs to know of a field, read from the field itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

from lab.core.frozen_model import FrozenModel
from lab.core.recipe import Control, Recipe


@dataclass(frozen=True)
class Param:
    """One field of a value: its name, bounds (None = unbounded), default and help.

    `usual` is the part of the bounds that a slider offers, `step` its notches, `choices` the only values when there
    are any; `control` the kind of ControlNet without which it does nothing; `title` what people call it, where that is
    another word than its name; `group` what a panel shows it under, and `is_dragged` whether a person sets it on the
    canvas, so that its slider is for exact values only; `is_angle` whether it is degrees clockwise, a full turn in all.
    """

    name: str
    low: float | None
    high: float | None
    default: Any
    help: str
    usual: tuple[float, float]
    step: float
    choices: tuple[Any, ...] = ()
    control: str = ""
    title: str = ""
    group: str = ""
    is_dragged: bool = False
    is_angle: bool = False

    @property
    def label(self) -> str:
        """The name as people read it: its title, else "Light direction" of `light_direction`."""
        return self.title or self.name.replace("_", " ").capitalize()


def recipe_param(name: str) -> Param:
    """The declaration of a field of `Recipe`, such as "steps"."""
    return _param(name, Recipe.model_fields[name])


def control_param(name: str) -> Param:
    """The declaration of a field of `Control`, such as "weight"."""
    return _param(name, Control.model_fields[name])


def params_of(kind: type[FrozenModel]) -> tuple[Param, ...]:
    """The declarations of all fields of a value, in order, such as those of a task's own settings."""
    return tuple(_param(name, field) for name, field in kind.model_fields.items())


def _param(name: str, field: FieldInfo) -> Param:
    low, high = _bounds(field)
    hints: Any = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return Param(
        name=name,
        low=low,
        high=high,
        default=None if field.is_required() else field.get_default(),
        help=field.description or "",
        usual=tuple(hints.get("usual", (low, high))),
        step=hints.get("step", 1),
        choices=get_args(field.annotation) if get_origin(field.annotation) is Literal else (),
        control=hints.get("control", ""),
        title=field.title or "",
        group=hints.get("group", ""),
        is_dragged=hints.get("is_dragged", False),
        is_angle=hints.get("is_angle", False),
    )


def _bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The bounds that `Annotated` gives; inside `X | None` they stand in the first member."""
    metadata = list(field.metadata)
    for member in getattr(field.annotation, "__args__", ()):
        for item in getattr(member, "__metadata__", ()):
            metadata += getattr(item, "metadata", [item])
    low = next((item.ge for item in metadata if isinstance(item, annotated_types.Ge)), None)
    high = next((item.le for item in metadata if isinstance(item, annotated_types.Le)), None)
    return low, high  # pyright: ignore[reportReturnType]
