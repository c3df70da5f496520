"""The settings of a task as sliders and fields, built from the declarations of recipe and task; knows no job."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ipywidgets import (
    HTML,
    BoundedIntText,
    Button,
    Checkbox,
    Dropdown,
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
from lab.core.params import Param, control_param, params_of, recipe_param
from lab.tasks import Task, on_its_notch, steps_run

_WORDS = ("prompt", "negative_prompt")
_PLACEHOLDERS = {"prompt": "What to draw: a red apple", "negative_prompt": "What to stay away from"}


class ParamPanel(VBox):
    """Prompt, seed and sliders. `panel.settings` are the arguments of `lab.run`; assigning moves the sliders.

    Its two parts, `panel.words` and `panel.sliders`, can be laid out apart. The strength has as many notches as there
    are steps, and says how many of them run.

    Args:
        card: the model, for its defaults.
        task: decides which settings there are.
    """

    def __init__(self, card: ModelCard, task: Task) -> None:
        self._changed: Callable[[], None] = lambda: None
        self._card = card
        self._fields: dict[str, ValueWidget] = {}
        self._params: dict[str, Param] = {}
        heard = task.listens_to
        words = [self._words(name) for name in _WORDS if name in heard]
        sliders: list[Any] = []
        if task.sketch and "controls" in task.needs:
            sliders.append(self._slider("sketch_strength", control_param("weight")))
        sliders += [self._slider(name, recipe_param(name), getattr(card, name))
                    for name in ("steps", "guidance_scale", "image_guidance_scale") if name in heard]  # fmt: skip
        if "strength" in heard:
            sliders.append(self._strength(task.strength))
        own = [param for param in params_of(task.settings) if param.default is not None]
        sliders += [self._own(param) for param in own]
        if task.draws:
            sliders.append(self._seed())
        self.words = VBox(words, layout=Layout(width="100%", min_width="0"))
        columns = "repeat(auto-fit, minmax(280px, 1fr))"
        self.sliders = GridBox(sliders, layout=Layout(grid_template_columns=columns, grid_gap="0 24px", width="100%"))
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
            if isinstance(field, IntSlider | FloatSlider):
                field.min, field.max = min(field.min, value), max(field.max, value)
            field.value = value

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back after every change, on the thread that it came on. One callback: the owner's."""
        self._changed = callback

    def _check(self, name: str, value: Any) -> None:
        if name not in self._fields:
            msg = f"this task has no setting {name!r}: it has {', '.join(self._fields)}"
            raise BadInput(msg)
        param, now = self._params[name], self.settings[name]
        if param.choices and value not in param.choices:
            msg = f"{name} must be one of {', '.join(map(str, param.choices))}, not {value!r}"
            raise BadInput(msg)
        kinds = type(now) if isinstance(now, str | bool | int) else (int, float)
        if isinstance(value, bool) is not isinstance(now, bool) or not isinstance(value, kinds):
            msg = f"{name} is a {type(now).__name__}, not {value!r}"
            raise BadInput(msg)
        low, high = param.low, param.high
        if isinstance(value, int | float) and low is not None and high is not None and not low <= value <= high:
            msg = f"{name} must be between {low:g} and {high:g}, not {value!r}"
            raise BadInput(msg)

    def _words(self, name: str) -> ValueWidget:
        param = recipe_param(name)
        kind, rows = (Textarea, {"rows": 2}) if name == "prompt" else (Text, {})
        return self._add(name, param, kind(placeholder=_PLACEHOLDERS[name], **rows))

    def _slider(self, name: str, param: Param, value: Any = None) -> ValueWidget:
        value = param.default if value is None else value
        kind = IntSlider if isinstance(value, int) else FloatSlider
        low, high = param.usual
        slider = kind(value, min=low, max=high, step=param.step)
        if kind is FloatSlider:
            slider.readout_format = ".2f" if param.step < 0.1 else ".1f"
        return self._add(name, param, slider)

    def _strength(self, value: float) -> VBox:
        """The strength, with a notch for every step, and what it comes to."""
        slider: Any = self._slider("strength", recipe_param("strength"), value)
        steps: Any = self._fields["steps"]
        said = HTML(layout=Layout(margin="-6px 0 2px 128px"))

        def say(_: object = None) -> None:
            schedule, runs = steps_run(steps.value, on_its_notch(steps.value, slider.value), self._card)
            slider.step = 1 / max(1, steps.value)
            said.value = f'<span style="opacity:.75">runs {runs} of {schedule} steps</span>'

        for field in (slider, steps):
            field.observe(say, names="value")
        say()
        return VBox([slider, said], layout=Layout(width="100%"))

    def _own(self, param: Param) -> ValueWidget:
        """A setting that only this task has, as the field that suits it."""
        if param.choices:
            return self._add(param.name, param, Dropdown(options=param.choices, value=param.default))
        if isinstance(param.default, bool):
            return self._add(param.name, param, Checkbox(param.default))
        if isinstance(param.default, str):
            return self._add(param.name, param, Text(param.default, continuous_update=False))
        return self._slider(param.name, param)

    def _seed(self) -> HBox:
        param = recipe_param("seed")
        field = self._add("seed", param, BoundedIntText(0, min=param.low, max=param.high, continuous_update=False))
        dice = Button(icon="random", tooltip="Another seed", layout=Layout(width="36px"))
        dice.on_click(lambda _: self._fields["seed"].set_trait("value", secrets.randbelow(2**32)))
        return HBox([field, dice], layout=Layout(width="100%"))

    def _add(self, name: str, param: Param, field: Any) -> ValueWidget:
        self._params[name] = param
        field.tooltip = param.help
        if isinstance(field, Checkbox):
            field.indent = True
        label = "Sketch strength" if name == "sketch_strength" else param.label
        field.description = label.removesuffix(" px") + (" (px)" if label.endswith(" px") else "")
        field.style.description_width = "120px"
        for place, size in {"width": "100%", "margin": "2px 0"}.items():
            setattr(field.layout, place, size)
        field.observe(lambda _: self._changed(), names="value")
        self._fields[name] = field
        return field
