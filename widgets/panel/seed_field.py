"""The seed as a line of text, exact to its last digit: a page's own numbers end at 2**53, seeds at 2**64 - 1."""

from __future__ import annotations

import secrets
from typing import Any

from traitlets import Int

from lab.core.params import recipe_param
from lab.core.sentences.wording import shown
from widgets.base.bare import Button, HBox, Text
from widgets.panel.fields import Said, labelled


class SeedField(HBox):
    """`field.value` is the seed. What is typed and is none is said below, and the seed stays; the dice give another."""

    value = Int(0)

    def __init__(self) -> None:
        self.param = recipe_param("seed")
        self.text = labelled(self.param, Text("0", continuous_update=False))
        self._dice = Button(icon="random", tooltip="Another seed")
        self._refused = Said("refused")
        super().__init__([self.text, self._dice, self._refused])
        self.add_class("sketchlab-seed")
        self._dice.on_click(lambda _: self.set_trait("value", secrets.randbelow(2**32)))
        self.text.observe(lambda change: self.take(change["new"]), names="value")
        self.observe(lambda _: self._show(), names="value")

    @property
    def description(self) -> str:
        """What stands before the field."""
        return self.text.description

    def take(self, typed: str) -> None:
        """Take what a person typed as the seed; say so where it is none."""
        digits = typed.strip()
        if digits.isascii() and digits.isdecimal() and int(digits[:21]) <= self._most:
            self.value = int(digits)
            self._show()
            return
        words = f"A seed is a whole number from 0 to {self._most}, not {shown(typed)}: it is still {self.value}."
        self._refused.value = words

    @property
    def _most(self) -> int:
        return int(self.param.high or 0)

    def _show(self, _: Any = None) -> None:
        self.text.value = str(self.value)
        self._refused.value = ""
