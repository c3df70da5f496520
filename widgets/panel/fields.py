"""A declared setting as the field that suits it: slider, switch, choice or line of text; knows no panel."""

from __future__ import annotations

import math
from typing import Any

from ipywidgets import Checkbox, Dropdown, FloatSlider, IntSlider, Text
from traitlets import TraitError, validate

from lab.core.params import Param


class NumberSlider(FloatSlider):
    """A slider for numbers: of what is none, the bounds of ipywidgets take anything."""

    @validate("value")
    def _validate_value(self, proposal: dict[str, Any]) -> float:
        if math.isnan(proposal["value"]):
            msg = f"{self.description or 'a slider'} is a number, not nan"
            raise TraitError(msg)
        return super()._validate_value(proposal)


def field_of(param: Param, value: Any = None) -> Any:
    """The field of a setting, at this value; at the setting's default when None."""
    value = param.default if value is None else value
    if param.choices:
        return labelled(param, Dropdown(options=param.choices, value=value))
    if isinstance(value, bool):
        return labelled(param, Checkbox(value, indent=False))
    if isinstance(value, str):
        return labelled(param, Text(value, continuous_update=False))
    low, high = param.usual
    if isinstance(value, int):
        return labelled(param, IntSlider(value, min=low, max=high, step=param.step))
    decimals = 3 if param.step < 0.01 else 2 if param.step < 0.1 else 1
    slider = NumberSlider(value, min=low, max=high, step=param.step, readout_format=f".{decimals}f")
    return labelled(param, slider)


def labelled(param: Param, field: Any, label: str = "") -> Any:
    """The field with its name and its help on it; `panel.css` says where they stand."""
    label = label or param.label
    field.tooltip = param.help
    field.description = label.removesuffix(" px") + (" (px)" if label.endswith(" px") else "")
    field.style.description_width = "initial"
    return field
