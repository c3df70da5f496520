"""How much a picture lends, and what of it; knows no picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from traitlets import TraitError

from lab.core.params import params_of
from lab.core.recipe import Reference
from widgets.base.bare import Box
from widgets.panel.fields import field_of, labelled

_DIGITS = 3


class Lending(Box):
    """Weight and use of references; `lending.value` are these fields of a `Reference`, assigning moves the fields.

    Args:
        labels: what stands before the weight, and before the use.
        lends: what they lend unless a person says.
    """

    def __init__(self, labels: tuple[str, str] = ("How much", "They lend"), lends: str | None = None) -> None:
        self._listeners: list[Callable[[], None]] = []
        declared = {param.name: param for param in params_of(Reference)}
        self._weight, self._lends = (
            labelled(declared[name], field_of(declared[name], value), label)
            for (name, value), label in zip((("weight", None), ("lends", lends)), labels, strict=True)
        )
        self._usual = self.value
        super().__init__([self._weight, self._lends])
        self.add_class("sketchlab-fields")
        for field in (self._weight, self._lends):
            field.observe(lambda _: [tell() for tell in self._listeners], names="value")

    @property
    def value(self) -> dict[str, Any]:
        """How much, and what."""
        return {"weight": round(self._weight.value, _DIGITS), "lends": self._lends.value}

    @value.setter
    def value(self, value: Mapping[str, Any]) -> None:
        self._weight.value, self._lends.value = value["weight"], value["lends"]

    @property
    def summary(self) -> str:
        """What is not as usual, in a word or two."""
        return "" if self.value == self._usual else f"{self._weight.value:g} {self._lends.value}"

    def keep(self, kept: Mapping[str, Any]) -> None:
        """Be as it was kept; what a file says wrong is passed over."""
        with suppress(KeyError, TypeError, ValueError, TraitError):
            self.value = {**self.value, **kept}

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back after every change."""
        self._listeners.append(callback)
