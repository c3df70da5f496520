"""A declared setting as the field that suits it: slider, dial, switch, choice or line of text; knows no panel."""

from __future__ import annotations

import math
from typing import Any

from traitlets import HasTraits, Int, TraitError, validate

from lab.core.errors import BadInput
from lab.core.params import Param, recipe_param
from lab.core.sentences.wording import shown
from widgets.base.bare import Checkbox, Dropdown, FloatSlider, IntSlider, Label, Text
from widgets.base.thread_safe import ThreadSafe
from widgets.panel.dial.dial import Dial


class NumberSlider(FloatSlider):
    """A slider for numbers: of what is none, the bounds of ipywidgets take anything."""

    @validate("value")
    def _validate_value(self, proposal: dict[str, Any]) -> float:
        if math.isnan(proposal["value"]):
            msg = f"{self.description or 'a slider'} is a number, not nan"
            raise TraitError(msg)
        return super()._validate_value(proposal)


class Said(ThreadSafe, Label):
    """A sentence below a field, as plain text; a warning where something was refused."""

    def __init__(self, kind: str = "quiet") -> None:
        super().__init__()
        self.add_class(f"sketchlab-{kind}")


class OptionalNumber(HasTraits):
    """A setting that is a whole number or, for the default, None; shown by whoever owns it."""

    value: Any = Int(default_value=None, allow_none=True)

    def __init__(self, name: str) -> None:
        self.param = recipe_param(name)
        super().__init__()

    def check(self, value: Any) -> None:
        """Refuse what the recipe would.

        Raises:
            BadInput: names the bounds.
        """
        low, high = self.param.usual
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high):
            msg = f"{self.param.name} must be None or between {bound(low)} and {bound(high)}, not {shown(value)}"
            raise BadInput(msg)


def bound(number: float) -> str:
    """A bound of a setting in words, whole numbers to their last digit."""
    return str(number) if isinstance(number, int) else f"{number:g}"


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
    if param.is_angle:
        bounds: Any = {"min": low, "max": high, "step": param.step}
        return Dial(value=value, description=param.label, tooltip=param.help, **bounds)
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
