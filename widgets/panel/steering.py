"""How a picture steers: how much, in which of the steps, and three usual ways; knows no picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from lab.core.errors import BadInput
from lab.core.params import control_param
from lab.core.sentences.wording import shown
from widgets.base.bare import Button, FloatRangeSlider, HBox, VBox
from widgets.panel.fields import field_of

_DIGITS = 3
_STEP = 0.05


class Steer(NamedTuple):
    """Weight of a control, and the shares of the steps after which it begins and ends."""

    weight: float
    start: float
    end: float


PRESETS = {"Loose": Steer(0.7, 0.0, 0.5), "Balanced": Steer(1.0, 0.0, 0.8), "Strict": Steer(1.0, 0.0, 1.0)}
"""Those that Krita's AI plugin gives to controls of no special kind (`ai_diffusion/presets/control.json`)."""


class StepRange(FloatRangeSlider):
    """From which share of the steps to which: a slider with two handles, whose value is a setting."""

    def __init__(self) -> None:
        super().__init__(value=(0.0, 1.0), min=0.0, max=1.0, step=_STEP, readout_format=".2f", description="From, to")
        self.tooltip = "In which share of the steps it counts: early ones make the composition, late ones the details"
        self.style.description_width = "initial"

    def check(self, value: Any) -> None:
        """Refuse what is no range.

        Raises:
            BadInput: says what one is.
        """
        numbers = isinstance(value, Sequence) and len(value) == 2 and all(type(one) in (int, float) for one in value)
        if not numbers or not 0 <= value[0] < value[1] <= 1:
            msg = f"a range of steps is (start, end) with 0 <= start < end <= 1, not {shown(value)}"
            raise BadInput(msg)


def presets(choose: Callable[[Steer], None], of_what: str) -> HBox:
    """Buttons for the usual ways to steer."""
    buttons = []
    for name, steer in PRESETS.items():
        said = f"{of_what}: weight {steer.weight:g}, from {steer.start:g} to {steer.end:g} of the steps"
        button = Button(description=name, tooltip=said)
        button.on_click(lambda _, steer=steer: choose(steer))
        buttons.append(button)
    row = HBox(buttons)
    row.add_class("sketchlab-presets")
    return row


class Steering(VBox):
    """Weight and range of one control; `steering.value` is a `Steer`, assigning moves the sliders.

    Args:
        of_what: what is steered by, in a word or two.
    """

    def __init__(self, of_what: str) -> None:
        self._listeners: list[Callable[[], None]] = []
        self._weight, self._range = field_of(control_param("weight")), StepRange()
        super().__init__([presets(self._choose, of_what), self._weight, self._range])
        self.add_class("sketchlab-fields")
        self.add_class("sketchlab-steering")
        for field in (self._weight, self._range):
            field.observe(lambda _: [tell() for tell in self._listeners], names="value")

    @property
    def value(self) -> Steer:
        """How it steers now; a range of no step at all is the shortest there is."""
        low, high = self._range.value
        low = min(low, 1.0 - _STEP)
        end = max(high, low + _STEP)
        return Steer(*(round(one, _DIGITS) for one in (self._weight.value, low, end)))

    @value.setter
    def value(self, steer: Steer) -> None:
        self._weight.value, self._range.value = steer.weight, (steer.start, steer.end)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back after every change of weight or steps, on the thread that it came on."""
        self._listeners.append(callback)

    def _choose(self, steer: Steer) -> None:
        self.value = steer
