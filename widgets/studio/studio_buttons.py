"""The buttons at the head of a Studio, and what will happen to a painted picture; knows no event and no setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lab.core.catalogue import ModelCard
from lab.core.recipe import Request
from lab.tasks import Task
from widgets.base.bare import Button, ToggleButton
from widgets.base.thread_safe import ThreadSafe
from widgets.canvas.mask_painter import MaskPainter

_DRAWS = "Draw it now, and keep the picture (Ctrl+Enter)"

if TYPE_CHECKING:
    from lab.pipelines.live_preset import Live


class DrawButton(ThreadSafe, Button):
    """Says how many pictures it draws, where that is not one. All methods may be called from any thread."""

    def __init__(self) -> None:
        super().__init__(description="Draw", button_style="primary", tooltip=_DRAWS)

    def say(self, count: int) -> None:
        """From now on it draws so many."""
        many = f"Draw {count} pictures, one for each choice in the prompt (Ctrl+Enter)"
        wanted = ("Draw", _DRAWS) if count == 1 else (f"Draw {count}", many)
        if (self.description, self.tooltip) != wanted:
            self.post(description=wanted[0], tooltip=wanted[1])


class LiveButton(ThreadSafe, ToggleButton):
    """Whether pictures follow; what they are like depends on the model."""


class StudioButtons(NamedTuple):
    """Draw, Live, and Area where the task tells what will happen to a masked picture."""

    draw: DrawButton
    live: LiveButton
    outcome: ToggleButton | None

    @property
    def row(self) -> list[Any]:
        """The buttons that there are, in their order."""
        return [button for button in self if button is not None]


def buttons_of(task: Task, live: Live) -> StudioButtons:
    """The buttons of a task's Studio.

    Args:
        task: whether there is an Area to show.
        live: whether Live is on at the start, and what a live picture is.
    """
    outcome = ToggleButton(
        description="Area",
        tooltip="Show what is drawn anew, what is pasted back, and how much of the picture the model sees",
    ) if task.outcome else None  # fmt: skip
    return StudioButtons(
        DrawButton(),
        LiveButton(value=live.is_on, description="Live", icon="bolt", tooltip=live_tooltip(live)),
        outcome,
    )


def live_tooltip(live: Live) -> str:
    """What Live does with a model."""
    return f"Draw again after every change; {live.note}"


class OutcomeOverlay:
    """What will happen to a painted picture, over it, while its button is pressed.

    Args:
        task: tells what will happen.
        card: of the model.
        canvas: what the picture lies on; nothing is shown on one that takes no mask.
        button: None where there is nothing to show.
    """

    def __init__(self, task: Task, card: ModelCard, canvas: Any, button: ToggleButton | None) -> None:
        self._task, self._card, self._button = task, card, button
        self._painter = canvas if isinstance(canvas, MaskPainter) else None

    @property
    def is_wanted(self) -> bool:
        """Whether the button is pressed."""
        return self._button is not None and self._button.value

    def show(self, request: Request | None) -> None:
        """Show what this request would do, while that is wanted; nothing where there is no request."""
        if self._task.outcome is None or self._painter is None:
            return
        wanted = request if self.is_wanted else None
        self._painter.show_outcome(self._task.outcome(wanted, self._card) if wanted else None)
