"""The settings of a task as sliders and fields, built from the declarations of recipe and task; knows no job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ipywidgets import ValueWidget

from lab.core.catalogue import ModelCard
from lab.core.errors import BadInput
from lab.core.params import Param, control_param, params_of, recipe_param
from lab.core.sentences.checked_call import Listed, checked
from lab.core.sentences.wording import shown
from lab.gallery import PromptHistory, Said
from lab.tasks import Task, on_its_notch, steps_run
from widgets.base.bare import HTML, Box, FloatSlider, IntSlider, Laid, Text, Textarea, VBox
from widgets.base.key_guard import keep_keys
from widgets.panel.fields import OptionalNumber, bound, field_of, labelled
from widgets.panel.filter_list import FilterList
from widgets.panel.lora_list import LoraList
from widgets.panel.panel_looks import PanelLooks
from widgets.panel.prompt_guide import PromptGuide
from widgets.panel.rare_settings import rare_settings
from widgets.panel.seed_field import SeedField
from widgets.panel.setting_groups import grouped
from widgets.panel.steering import Steer, StepRange, presets
from widgets.panel.variation_field import VariationField
from widgets.panel.words.prompt_recall import PromptRecall
from widgets.panel.words.style_list import StyleList

_WORDS = ("prompt", "negative_prompt")
_PLACEHOLDERS = {"prompt": "What to draw: a red apple", "negative_prompt": "What to stay away from"}
_INSTRUCTION = {"prompt": "What to change: make the apple green"}


@checked
class ParamPanel(Laid, VBox):
    """Prompt, seed and sliders. `panel.settings` are the arguments of `lab.run`; assigning moves the sliders.

    Its parts, `panel.words`, `panel.sliders`, `panel.filters` and `panel.folds`, can be laid out apart. The strength
    has as many notches as there are steps, and says how many of them run.

    Args:
        card: the model, for its defaults.
        task: decides which settings there are.
        home: whose models folder is looked through for LoRAs; None looks nowhere.
    """

    def __init__(self, card: ModelCard, task: Task, home: Path | None = None) -> None:
        self._changed: Callable[[], None] = lambda: None
        self._listeners: list[tuple[frozenset[str], Callable[[], None]]] = []
        self._is_moving = False
        self._card = card
        self._fields: dict[str, Any] = {}
        self._params: dict[str, Param] = {}
        heard = task.recipe_fields
        said = _PLACEHOLDERS | (_INSTRUCTION if task.edits else {})
        words = [self._words(name, said[name]) for name in _WORDS if name in heard]
        sliders: list[tuple[Param, Any]] = []
        if task.sketch and "controls" in task.needs:
            weight = control_param("weight")
            field = labelled(weight, field_of(weight), "Sketch strength")
            sliders.append((weight, self._keep(weight, field, "sketch_strength")))
        sliders += [self._slider(name, getattr(card, name))
                    for name in ("steps", "guidance_scale", "image_guidance_scale") if name in heard]  # fmt: skip
        if task.takes_colours(card):
            sliders.insert(1, self._slider("colour_strength", None))
        if "strength" in heard:
            sliders.append(self._strength(task.strength))
        own = [param for param in params_of(task.settings) if param.default is not None]
        does_something = [param for param in own if not param.control or param.control in card.controls]
        sliders += [(param, self._keep(param, field_of(param))) for param in does_something]
        if task.draws:
            seed = SeedField()
            sliders.append((seed.param, self._keep(seed.param, seed)))
        self._guide = PromptGuide(card, self._weighed) if "prompt" in heard else None
        self.words = VBox([*words, *([self._guide] if self._guide else []), *self._recall(home)])
        self.words.add_class("sketchlab-words")
        self.sliders = grouped(sliders)
        self.filters = FilterList()
        self._keep(recipe_param("filters"), self.filters)
        self._rare = rare_settings(card, task, home, self._pick_size, self.say)
        for name, (param, field) in self._rare.fields.items():
            self._keep(param, field, name)
        self.folds = self._rare.folds
        if self._guide is not None and home is not None:
            styles = StyleList(home, self._both_prompts, self._take_prompts)
            self.folds.add("Styles", styles)
            self.folds.on_open("Styles", styles.look)
        self.looks = PanelLooks()
        super().__init__([self.words, self.sliders, self.filters, self.folds, self.looks])
        keep_keys(self)
        self.on_setting(["prompt", "words"], self._count)

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of `lab.run` that the panel shows."""
        return {name: field.value for name, field in self._fields.items()}

    @settings.setter
    @checked
    def settings(self, settings: dict[str, Any]) -> None:
        """Move the fields, as one change; a slider that is too short for a value that the recipe allows grows.

        Raises:
            BadInput: when there is no such field or the value is out of bounds; then nothing has moved.
        """
        self.check(settings)
        before, self._is_moving = self.settings, True
        try:
            for name, value in settings.items():
                field: Any = self._fields[name]
                if isinstance(field, IntSlider | FloatSlider):
                    field.min, field.max = min(field.min, value), max(field.max, value)
                field.value = value
        finally:
            self._is_moving = False
        self._tell([name for name, value in self.settings.items() if value != before[name]])

    @checked
    def check(self, settings: Mapping[str, Any]) -> None:
        """Refuse what the fields cannot show.

        Raises:
            BadInput: when there is no such field or the value is out of bounds.
        """
        for name, value in settings.items():
            self._check(name, value)

    def take_typed(self, typed: Mapping[str, str]) -> None:
        """Take what stands in fields of text, by the names before them, where it has not arrived by itself yet."""
        late = {
            name: typed[field.description]
            for name, field in self._fields.items()
            if isinstance(field, Text | Textarea) and typed.get(field.description, field.value) != field.value
        }
        self.settings = late
        seed = self._fields.get("seed")
        if seed is not None and seed.description in typed:
            seed.take(typed[seed.description])

    @property
    def variation(self) -> VariationField | None:
        """How far the noise is turned towards that of another seed; None where no noise counts."""
        return self._rare.variation

    @property
    def loras(self) -> LoraList | None:
        """The LoRAs, those that are switched off, too; None where the model takes none."""
        return self._rare.loras

    @property
    def sketch_steering(self) -> Box | None:
        """How a sketch steers besides its strength: usual ways, and in which steps; None where no sketch does."""
        if self._rare.steps_of_sketch is None:
            return None

        def choose(steer: Steer) -> None:
            self.settings = {"sketch_strength": steer.weight, "sketch_range": (steer.start, steer.end)}

        box = VBox([presets(choose, "The sketch"), self._rare.steps_of_sketch])
        box.add_class("sketchlab-fields")
        box.add_class("sketchlab-steering")
        return box

    @checked
    def say(self, words: str) -> None:
        """Put words at the end of the prompt, unless they are in it."""
        prompt = self.settings.get("prompt", "")
        if words not in prompt:
            self.settings = {"prompt": f"{prompt}, {words}" if prompt.strip() else words}

    @checked
    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back after every change, on the thread that it came on. One callback: the owner's."""
        self._changed = callback

    @checked
    def on_setting(self, names: Listed[str], callback: Callable[[], None]) -> None:
        """Call back after a change of one of these settings, on the thread that it came on."""
        self._listeners.append((frozenset(names), callback))

    def begin_to_count(self) -> None:
        """Count the words of the prompt from now on. Any thread; to be called when the engine has been read."""
        if self._guide is not None:
            self._guide.wake()

    def _count(self) -> None:
        if self._guide is not None:
            settings = self.settings
            self._guide.look_at(settings["prompt"], is_weighted=settings.get("words") == "weighted")

    def _recall(self, home: Path | None) -> list[PromptRecall]:
        """The keys that bring back what was asked for before, where that is kept."""
        if self._guide is None or home is None:
            return []
        return [PromptRecall(lambda: PromptHistory(home).all, self._both_prompts, self._take_prompts)]

    def _both_prompts(self) -> Said:
        return Said(*(self.settings.get(name, "") for name in _WORDS))

    def _take_prompts(self, said: Said) -> None:
        words = dict(zip(_WORDS, said, strict=True))
        self.settings = {name: value for name, value in words.items() if name in self._fields}

    def _weighed(self, prompt: str) -> None:
        """Take a prompt whose weights were changed by keys, and read it as such from now on."""
        is_read = {"words": "weighted"} if "(" in prompt and "words" in self._fields else {}
        self.settings = {"prompt": prompt, **is_read}

    def _pick_size(self, width: int | None, height: int | None) -> None:
        self.settings = {"width": width, "height": height}

    def _tell(self, changed: Sequence[str]) -> None:
        """Tell of these changes, unless more are coming at once."""
        if self._is_moving or not changed:
            return
        for names, callback in self._listeners:
            if names.intersection(changed):
                callback()
        self._changed()

    def _check(self, name: str, value: Any) -> None:
        if name not in self._fields:
            msg = f"this task has no setting {name!r}: it has {', '.join(self._fields)}"
            raise BadInput(msg)
        if isinstance(field := self._fields[name], FilterList | LoraList | OptionalNumber | StepRange):
            field.check(value)
            return
        param, now = self._params[name], self.settings[name]
        if param.choices and not (isinstance(value, str | int) and value in param.choices):
            msg = f"{name} must be one of {', '.join(map(str, param.choices))}, not {shown(value)}"
            raise BadInput(msg)
        kinds = type(now) if isinstance(now, str | bool | int) else (int, float)
        if isinstance(value, bool) is not isinstance(now, bool) or not isinstance(value, kinds):
            msg = f"{name} is a {type(now).__name__}, not {shown(value)}"
            raise BadInput(msg)
        low, high = param.low, param.high
        if isinstance(value, int | float) and low is not None and high is not None and not low <= value <= high:
            msg = f"{name} must be between {bound(low)} and {bound(high)}, not {shown(value)}"
            raise BadInput(msg)

    def _words(self, name: str, placeholder: str) -> ValueWidget:
        param = recipe_param(name)
        kind, rows = (Textarea, {"rows": 2}) if name == "prompt" else (Text, {})
        return self._keep(param, labelled(param, kind(placeholder=placeholder, **rows)))

    def _slider(self, name: str, value: Any) -> tuple[Param, Any]:
        param = recipe_param(name)
        return param, self._keep(param, field_of(param, value))

    def _strength(self, value: float) -> tuple[Param, Box]:
        """The strength, with a notch for every step, and what it comes to."""
        param, slider = self._slider("strength", value)
        steps: Any = self._fields["steps"]
        said = HTML()

        def say(_: object = None) -> None:
            schedule, runs = steps_run(steps.value, on_its_notch(steps.value, slider.value), self._card)
            slider.step = 1 / max(1, steps.value)
            said.value = f'<span class="sketchlab-quiet">runs {runs} of {schedule} steps</span>'

        for field in (slider, steps):
            field.observe(say, names="value")
        say()
        return param, VBox([slider, said])

    def _keep(self, param: Param, field: Any, name: str = "") -> Any:
        """Make this field a setting, under another name than its declaration's when given, and listen to it."""
        name = name or param.name
        self._params[name], self._fields[name] = param, field
        field.observe(lambda _: self._tell([name]), names="value")
        return field
