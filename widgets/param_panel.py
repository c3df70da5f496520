"""The settings of a task as sliders and fields, built from the recipe's own declarations; knows no job."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ipywidgets import (
    BoundedIntText,
    Button,
    FloatSlider,
    GridBox,
    HBox,
    IntSlider,
    Layout,
    Text,
    Textarea,
    ValueWidget,
    VBox,
)

from lab.core.catalogue import ModelCard
from lab.core.errors import BadInput
from lab.core.params import Param, control_param, recipe_param
from lab.tasks import Task

_LABELS = {
    "prompt": "Prompt",
    "negative_prompt": "Negative prompt",
    "seed": "Seed",
    "steps": "Steps",
    "guidance_scale": "Guidance scale",
    "strength": "Strength",
    "sketch_strength": "Sketch strength",
}


class ParamPanel(VBox):
    """Prompt, seed and sliders. `panel.settings` are the arguments of `lab.run`; assigning moves the sliders.

    Its two parts, `panel.words` and `panel.sliders`, can be laid out apart.

    Args:
        card: the model, for its defaults.
        task: decides which settings there are.
    """

    def __init__(self, card: ModelCard, task: Task) -> None:
        self._changed: Callable[[], None] = lambda: None
        self._fields: dict[str, ValueWidget] = {}
        self._params: dict[str, Param] = {}
        words = [self._words(name) for name in ("prompt", "negative_prompt") if name in task.listens_to]
        sliders = [self._slider(recipe_param(name), card) for name in ("steps", "guidance_scale", "strength")
                   if name in task.listens_to]  # fmt: skip
        if task.sketch:
            sliders.insert(0, self._slider(control_param("weight"), card, "sketch_strength"))
        self.words = VBox(words, layout=Layout(width="100%", min_width="0"))
        columns = "repeat(auto-fit, minmax(280px, 1fr))"
        self.sliders = GridBox(
            [*sliders, self._seed()], layout=Layout(grid_template_columns=columns, grid_gap="0 24px", width="100%")
        )
        super().__init__([self.words, self.sliders], layout=Layout(width="100%"))

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of `lab.run` that the panel shows."""
        return {name: field.value for name, field in self._fields.items()}  # pyright: ignore[reportAttributeAccessIssue]

    @settings.setter
    def settings(self, settings: dict[str, Any]) -> None:
        """Move the fields; a slider that is too short for a value that the recipe allows grows.

        Raises:
            BadInput: when there is no such field or the value is out of bounds; then nothing has moved.
        """
        for name, value in settings.items():
            self._check(name, value)
        for name, value in settings.items():
            field: Any = self._fields[name]
            if isinstance(value, int | float):
                field.min, field.max = min(field.min, value), max(field.max, value)
            field.value = value

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back after every change, on the thread that it came on. One callback: the owner's."""
        self._changed = callback

    def _check(self, name: str, value: Any) -> None:
        if name not in self._fields:
            msg = f"this task has no setting {name!r}: it has {', '.join(self._fields)}"
            raise BadInput(msg)
        now: Any = self.settings[name]
        low, high = self._params[name].low, self._params[name].high
        kinds = str if isinstance(now, str) else int if isinstance(now, int) else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            msg = f"{name} is a {type(now).__name__}, not {value!r}"
            raise BadInput(msg)
        if isinstance(value, int | float) and low is not None and high is not None and not low <= value <= high:
            msg = f"{name} must be between {low:g} and {high:g}, not {value!r}"
            raise BadInput(msg)

    def _words(self, name: str) -> ValueWidget:
        kind = Textarea if name == "prompt" else Text
        placeholder = "What to draw: a red apple" if name == "prompt" else "What to stay away from"
        rows = {"rows": 2} if name == "prompt" else {}
        param = recipe_param(name)
        return self._add(param, kind(placeholder=placeholder, tooltip=param.help, **rows), continuous=True)

    def _slider(self, param: Param, card: ModelCard, name: str | None = None) -> ValueWidget:
        name = name or param.name
        value = getattr(card, name, param.default)
        kind = IntSlider if isinstance(value, int) else FloatSlider
        low, high = param.usual
        slider = kind(value, min=low, max=high, step=param.step, tooltip=param.help)
        if kind is FloatSlider:
            slider.readout_format = ".2f" if param.step < 0.1 else ".1f"
        return self._add(param, slider, continuous=True, name=name)

    def _seed(self) -> HBox:
        param = recipe_param("seed")
        field = self._add(param, BoundedIntText(0, min=param.low, max=param.high, tooltip=param.help), continuous=False)
        dice = Button(icon="random", tooltip="Another seed", layout=Layout(width="36px"))
        dice.on_click(lambda _: self._fields["seed"].set_trait("value", secrets.randbelow(2**32)))
        return HBox([field, dice], layout=Layout(width="100%"))

    def _add(self, param: Param, field: ValueWidget, *, continuous: bool, name: str | None = None) -> ValueWidget:
        name = name or param.name
        self._params[name] = param
        field.description = _LABELS[name]  # pyright: ignore[reportAttributeAccessIssue]
        field.style.description_width = "120px"  # pyright: ignore[reportAttributeAccessIssue]
        for place, size in {"width": "100%", "margin": "2px 0"}.items():
            setattr(field.layout, place, size)  # pyright: ignore[reportAttributeAccessIssue]
        if field.has_trait("continuous_update"):
            field.continuous_update = continuous  # pyright: ignore[reportAttributeAccessIssue]
        field.observe(lambda _: self._changed(), names="value")
        self._fields[name] = field
        return field
