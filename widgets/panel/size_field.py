"""The size of the picture: by its ratio at the model's own number of pixels, or freely; knows no task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.core.catalogue import ModelCard
from lab.core.geometry import Size
from lab.core.params import recipe_param
from lab.session.choices import locked, sizes_of, snapped
from widgets.base.bare import BoundedIntText, Button, Dropdown, HBox, ToggleButton, VBox
from widgets.panel.fields import OptionalNumber, Said

_OWN, _FREE = "", "free"
Pick = Callable[[int | None, int | None], None]


class SizeField(VBox):
    """Ratio, width, height, and what will really be drawn; `field.width` and `field.height` are settings.

    Args:
        card: the model, whose sides are multiples of a number.
        own: what stands for no choice, such as "The model's own" or "As the picture".
        pick: called with both sides at a person's choice; is to set both settings as one change.
    """

    def __init__(self, card: ModelCard, own: str, pick: Pick) -> None:
        self._card, self._own, self._pick = card, own, pick
        self.width, self.height = OptionalNumber("width"), OptionalNumber("height")
        self._presets = {one.ratio: one.size for one in sizes_of(card)}
        options = [
            (own, _OWN),
            *((f"{ratio}  ({size})", ratio) for ratio, size in self._presets.items()),
            ("Free", _FREE),
        ]
        self._ratio = Dropdown(options=options, value=_OWN, description="Ratio", tooltip="Shape of the picture")
        self._sides = {side.param.name: self._number(side) for side in (self.width, self.height)}
        self._swap = Button(icon="exchange", tooltip="Swap width and height")
        self._lock = ToggleButton(icon="unlock", tooltip="Keep the ratio when one side is changed")
        self._said = Said()
        self._is_showing = False
        sides = HBox([*self._sides.values(), self._swap, self._lock])
        sides.add_class("sketchlab-sides")
        super().__init__([self._ratio, sides, self._said])
        self.add_class("sketchlab-size")
        for field in (self._ratio, *self._sides.values()):
            field.style.description_width = "initial"
        self._ratio.observe(self._chosen, names="value")
        for name, field in self._sides.items():
            field.observe(lambda change, name=name: self._typed(name, change["new"]), names="value")
        self._swap.on_click(lambda _: self._swapped())
        self._lock.observe(lambda _: self._show(), names="value")
        for side in (self.width, self.height):
            side.observe(lambda _: self._show(), names="value")
        self._show()

    @property
    def summary(self) -> str:
        """The size in a word; empty while nothing was chosen."""
        return f"{self.drawn}" if self._is_chosen else ""

    @property
    def drawn(self) -> Size:
        """What the model will draw of what was chosen."""
        return snapped(self._card, self.width.value, self.height.value)

    @property
    def _is_chosen(self) -> bool:
        return self.width.value is not None or self.height.value is not None

    @property
    def _asked(self) -> Size:
        own = self._card.native
        return Size(self.width.value or own.width, self.height.value or own.height)

    def _number(self, side: OptionalNumber) -> BoundedIntText:
        low, high = side.param.usual
        step = self._card.multiple
        label = side.param.label
        return BoundedIntText(
            int(low), min=int(low), max=int(high), step=step, description=label, continuous_update=False,
            tooltip=f"{label} in pixels; this model draws in multiples of {step}",
        )  # fmt: skip

    def _chosen(self, change: dict[str, Any]) -> None:
        """A person chose a ratio."""
        if self._is_showing:
            return
        if change["new"] == _OWN:
            self._pick(None, None)
        elif change["new"] == _FREE:
            self._pick(*self._asked)
        else:
            self._pick(*self._presets[change["new"]])

    def _typed(self, name: str, pixels: int) -> None:
        """A person changed one side; the other follows while the ratio is locked."""
        if self._is_showing:
            return
        low, high = recipe_param(name).usual  # a page may send any number
        asked, pixels = self._asked, min(max(pixels, int(low)), int(high))
        if self._lock.value:
            self._pick(*locked(asked, **{name: pixels}))
        else:
            self._pick(*asked._replace(**{name: pixels}))

    def _swapped(self) -> None:
        asked = self._asked
        self._pick(asked.height, asked.width)

    def _show(self) -> None:
        """What stands in the fields, and what comes of it."""
        asked = self._asked
        preset = next((ratio for ratio, size in self._presets.items() if size == asked), _FREE)
        self._is_showing = True
        try:
            self._ratio.value = preset if self._is_chosen else _OWN
            self._sides["width"].value, self._sides["height"].value = asked
            self._lock.icon = "lock" if self._lock.value else "unlock"
        finally:
            self._is_showing = False
        drawn, multiple = self.drawn, self._card.multiple
        if not self._is_chosen:
            said = "At the number of pixels that this model knows best."
        elif drawn == asked:
            said = f"Draws {drawn}."
        else:
            said = f"Draws {drawn}: sides are multiples of {multiple}."
        self._said.value = said
