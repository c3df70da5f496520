"""Variations of a seed: how far its noise is turned towards that of another one; knows no picture."""

from __future__ import annotations

import secrets
from typing import Any

from lab.core.params import recipe_param
from widgets.base.bare import Button, VBox
from widgets.panel.fields import OptionalNumber, Said, field_of, labelled

_A_LITTLE = 0.15
"""So far a picture stays recognisable; A1111's usual values are 0.1 to 0.2."""


class VariationField(VBox):
    """`field.seed` and `field.strength` are settings; `vary()` asks for another picture that is much like this one."""

    def __init__(self) -> None:
        self.param = recipe_param("variation_strength")
        self.strength = labelled(self.param, field_of(self.param), "Vary")
        self.seed = OptionalNumber("variation_seed")
        self._another = Button(
            description="Vary a little", icon="random", tooltip="Another picture, much like this one"
        )
        self._said = Said()
        super().__init__([self.strength, self._another, self._said])
        self.add_class("sketchlab-variation")
        self._another.on_click(lambda _: self.vary())
        for field in (self.strength, self.seed):
            field.observe(lambda _: self._say(), names="value")
        self._say()

    @property
    def summary(self) -> str:
        """How far; empty for not at all."""
        return f"{self.strength.value:g}" if self.seed.value is not None and self.strength.value else ""

    def vary(self) -> None:
        """Turn the noise a little towards that of a seed that was not there before."""
        self.seed.value = secrets.randbelow(2**32)
        self.strength.value = self.strength.value or _A_LITTLE

    def _say(self, _: Any = None) -> None:
        said = "the seed as it is" if not self.summary else f"towards the noise of seed {self.seed.value:d}"
        self._said.value = said
