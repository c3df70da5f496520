"""The settings of a function, read from its signature: bounds, steps, choices and help; knows no picture."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from lab.core.errors import BadInput
from lab.core.params import Param
from lab.core.recipe import Setting

_NOTCHES = 100
"""A slider of fractions has about so many notches unless its declaration says."""


def checked(owner: str, params: Collection[Param], settings: Mapping[str, Any]) -> dict[str, Setting]:
    """All settings of a tool, those that were not given at their defaults.

    Raises:
        BadInput: names the setting, and its range.
    """
    unknown = set(settings) - {param.name for param in params}
    if unknown:
        has = f"it has {', '.join(param.name for param in params)}" if params else "it has none"
        msg = f"{owner!r} has no setting {', '.join(map(repr, sorted(unknown)))}: {has}"
        raise BadInput(msg)
    return {param.name: _checked(param, settings.get(param.name, param.default)) for param in params}


def _checked(param: Param, value: Any) -> Setting:
    """The value as this setting holds it.

    Raises:
        BadInput: names the range.
    """
    if isinstance(param.default, bool):
        if isinstance(value, bool):
            return value
        msg = f"{param.name} is True or False, not {value!r:.80}"
        raise BadInput(msg)
    if param.choices:
        if value in param.choices:
            return value
        msg = f"{param.name} must be one of {', '.join(param.choices)}, not {value!r:.80}"
        raise BadInput(msg)
    return _checked_number(param, value)


def _checked_number(param: Param, value: Any) -> float | int:
    low, high = param.low or 0, param.high or 0
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = isinstance(param.default, int)
    if is_number and low <= value <= high and not (whole and value != int(value)):
        return int(value) if whole else float(value)
    kind = "a whole number " if whole and is_number and low <= value <= high else ""
    msg = f"{param.name} must be {kind}between {low:g} and {high:g}, not {value!r:.80}"
    raise BadInput(msg)


def signature_params(function: Callable[..., Any], hints: Mapping[str, Any]) -> tuple[Param, ...]:
    """The settings that these parameters of a function are, in its order.

    `hints` maps each to its annotation: `Annotated[float, Field(ge=0, le=1)]` (or `int`) is a slider, `bool` a switch,
    `Literal["a", "b"]` a choice. Help comes from `Field(description=...)` or from `Args:` in the docstring, notches
    from `Field(json_schema_extra={"step": ...})` or from the bounds.

    Raises:
        BadInput: when a parameter has no bounds or no default.
    """
    parameters = inspect.signature(function).parameters
    helps = _helps(inspect.getdoc(function) or "")
    return tuple(_param(parameters[name], hint, helps.get(name, "")) for name, hint in hints.items())


def _param(parameter: inspect.Parameter, hint: Any, said: str) -> Param:
    name, default = parameter.name, parameter.default
    if default is inspect.Parameter.empty:
        msg = f"the setting {name!r} needs a default: {name}: ... = ..."
        raise BadInput(msg)
    field = FieldInfo.from_annotation(hint)
    said = field.description or said
    said = said[:1].upper() + said[1:]
    if field.annotation is bool:
        param = _without_bounds(name, default, said)
    elif get_origin(field.annotation) is Literal:
        param = _without_bounds(name, default, said, get_args(field.annotation))
    else:
        param = _slider(name, default, field, said)
    _checked(param, default)
    return param


def _without_bounds(name: str, default: Any, said: str, choices: tuple[Any, ...] = ()) -> Param:
    """A switch, or a choice."""
    return Param(name, None, None, default=default, help=said, usual=(0, 0), step=1, choices=choices)


def _slider(name: str, default: Any, field: FieldInfo, said: str) -> Param:
    low = next((item.ge for item in field.metadata if isinstance(item, Ge)), None)
    high = next((item.le for item in field.metadata if isinstance(item, Le)), None)
    if field.annotation not in (int, float) or low is None or high is None:
        msg = (
            f"the setting {name!r} needs a type and bounds, such as {name}: Annotated[float, Field(ge=0, le=1)] = 0.5; "
            'bool and Literal["a", "b"] need no bounds'
        )
        raise BadInput(msg)
    whole = field.annotation is int
    hints: Any = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    bounds = float(low), float(high)  # pyright: ignore[reportArgumentType] numbers, since the type is
    step = hints.get("step", 1 if whole else _notch(bounds[1] - bounds[0]))
    return Param(name, *bounds, default=default if whole else float(default), help=said, usual=bounds, step=step)


def _notch(span: float) -> float:
    """A round step, 1, 2 or 5 times a power of ten, that makes about `_NOTCHES` of the span."""
    power = 10.0 ** math.floor(math.log10(span / _NOTCHES))
    return round(min((power * factor for factor in (1, 2, 5, 10)), key=lambda step: abs(span / step - _NOTCHES)), 12)


def _helps(docstring: str) -> dict[str, str]:
    """What the `Args:` section of a Google docstring says of each argument."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)*)", docstring, re.MULTILINE)
    if section is None:
        return {}
    entries = re.findall(r"^ {4}(\w+)(?: \([^)]*\))?: (.+(?:\n {5,}.+)*)", section[1], re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}
