"""The settings that are rarely needed, by what recipe, task and card declare, each in its fold; knows no job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lab.core.catalogue import ModelCard
from lab.core.params import Param, control_param, recipe_param
from lab.session.choices import loras_in
from lab.tasks import Task
from widgets.panel.fields import field_of, labelled
from widgets.panel.folds import Folds
from widgets.panel.lora_list import LoraList
from widgets.panel.sampler_field import SamplerField
from widgets.panel.setting_groups import columns
from widgets.panel.size_field import Pick, SizeField
from widgets.panel.steering import StepRange
from widgets.panel.variation_field import VariationField


@dataclass
class RareSettings:
    """Fields by the names of their settings, and the folds that they lie in; None for what there is not."""

    folds: Folds = field(default_factory=Folds)
    fields: dict[str, tuple[Param, Any]] = field(default_factory=dict)
    size: SizeField | None = None
    steps_of_sketch: StepRange | None = None
    sampler: SamplerField | None = None
    loras: LoraList | None = None
    variation: VariationField | None = None

    def fold(self, name: str, content: Any, summary: Callable[[], str], **fields: tuple[Param, Any]) -> None:
        """Fold one more group away; `summary` says in a word what is set in it, for its button."""
        self.fields |= fields
        self.folds.add(name, columns([content]))

        def say(_: Any = None) -> None:
            self.folds.say(name, summary())

        for _, one in fields.values():
            one.observe(say, names="value")
        say()


def rare_settings(
    card: ModelCard, task: Task, home: Path | None, pick: Pick, say: Callable[[str], None]
) -> RareSettings:
    """Size, sampler, LoRAs, words and variation, as far as the task listens and the model can.

    Args:
        card: the model.
        task: what is set.
        home: whose models folder has the LoRAs; None looks nowhere.
        pick: sets width and height as one change.
        say: puts trigger words into the prompt.
    """
    heard, made = task.recipe_fields, RareSettings()
    if {"width", "height"} <= heard:
        size = made.size = SizeField(card, _own_size(task), pick)
        sides = {side.param.name: (side.param, side) for side in (size.width, size.height)}
        made.fold("Size", size, lambda: size.summary, **sides)
    if task.sketch and "controls" in task.needs:
        made.steps_of_sketch = StepRange()
        made.fields["sketch_range"] = (replace(control_param("start"), name="sketch_range"), made.steps_of_sketch)
    if "scheduler" in heard and len(card.schedulers) > 1:
        sampler = made.sampler = SamplerField(card)
        made.fold("Sampler", sampler, lambda: sampler.summary, scheduler=(sampler.param, sampler.choice))
    if "loras" in heard and card.takes_loras:
        loras = made.loras = LoraList(card, (lambda: loras_in(home)) if home else tuple, say)
        made.fold("LoRAs", loras, lambda: loras.summary, loras=(recipe_param("loras"), loras))
        made.folds.on_open("LoRAs", loras.look)
    if "words" in heard and card.weighs_words:
        words = recipe_param("words")
        choice = labelled(words, field_of(words), "Read the words")
        plain = words.default
        made.fold("Words", choice, lambda: "" if choice.value == plain else choice.value, words=(words, choice))
    if {"variation_seed", "variation_strength"} <= heard:
        vary = made.variation = VariationField()
        made.fold(
            "Variation",
            vary,
            lambda: vary.summary,
            variation_seed=(vary.seed.param, vary.seed),
            variation_strength=(vary.param, vary.strength),
        )
    return made


def _own_size(task: Task) -> str:
    """What a picture's size goes by unless a person says, in a word."""
    if task.sketch and "controls" in task.needs:
        return "As the paper"
    return "As the picture" if task.needs else "The model's own"
