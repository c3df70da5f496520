"""The sampler by the name that the field writes, with the steps that are usual for it; knows no task."""

from __future__ import annotations

from dataclasses import replace

from lab.core.catalogue import ModelCard
from lab.core.params import recipe_param
from lab.session.choices import samplers_of
from widgets.base.bare import Dropdown, VBox
from widgets.panel.fields import Said, labelled


class SamplerField(VBox):
    """`field.choice` is the setting: a sampler by the name that recipes have.

    Args:
        card: the model, whose samplers can be chosen; the first is its own.
    """

    def __init__(self, card: ModelCard) -> None:
        self._samplers = {one.name: one for one in samplers_of(card)}
        self._own = card.scheduler
        names = [*self._samplers]
        self.param = replace(recipe_param("scheduler"), choices=tuple(names), default=self._own)
        options = [(self._titled(name), name) for name in names]
        self.choice = labelled(self.param, Dropdown(options=options, value=self._own), "Sampler")
        self._said = Said()
        super().__init__([self.choice, self._said])
        self.add_class("sketchlab-sampler")
        self.choice.observe(lambda _: self._say(), names="value")
        self._say()

    @property
    def summary(self) -> str:
        """The sampler in a word; empty for the model's own."""
        name = self.choice.value
        return "" if name == self._own else self._samplers[name].title

    def _titled(self, name: str) -> str:
        return self._samplers[name].title + (" (the model's own)" if name == self._own else "")

    def _say(self) -> None:
        low, high = self._samplers[self.choice.value].steps
        usual = f"{low}" if low == high else f"{low} to {high}"
        self._said.value = f"Usual with {usual} steps."
