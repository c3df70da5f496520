"""Whether the picture on screen is that of what is wanted now; it is dimmed where not, and says why; knows no job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lab.core.picture import Picture
from lab.core.recipe import Recipe
from widgets.studio.inputs.task_inputs import TaskInput
from widgets.studio.job_bar import JobBar
from widgets.views.result_view import ResultView

_PRESS_DRAW = "Press Draw."
_CHANGED = f"Changed since. {_PRESS_DRAW}"
_CLEARED = "Cleared. This picture is of what was there before."
_ANOTHER = "This picture was made from another one."
_FAILED = "This is the last picture: the new one failed."


class OutdatedPicture:
    """Looks at the picture of a Studio. All methods may be called from any thread.

    Args:
        view: shows the picture.
        bar: says how long it took, as long as it is that of what is wanted.
        sources: what it is drawn from.
        is_live: whether another one follows by itself.
    """

    def __init__(
        self, view: ResultView, bar: JobBar, sources: Sequence[TaskInput], is_live: Callable[[], bool]
    ) -> None:
        self._view, self._bar, self._sources, self._is_live = view, bar, sources, is_live
        self._recipe: Recipe | None = None
        self._pictures = self._pictures_now

    def shows(self, recipe: Recipe) -> None:
        """The picture on screen was drawn by this recipe."""
        self._recipe = recipe

    def failed(self) -> None:
        """What was to come instead did not."""
        if not self._view.outdated:
            self._dim(_FAILED)

    def look(self) -> None:
        """Something changed: dim the picture at once where no other one follows soon. Returns at once."""
        before, self._pictures = self._pictures, self._pictures_now
        if any(source.is_cleared for source in self._sources):
            self._dim(_CLEARED)
        elif any(one is not other for one, other in zip(before, self._pictures, strict=True)):
            self._dim(_ANOTHER if self._is_live() else f"{_ANOTHER} {_PRESS_DRAW}")
        elif not self._is_live():
            self._dim(_CHANGED)

    def compare(self, wanted: Recipe, quick: Mapping[str, Any]) -> None:
        """Dim it no more where it is that of what is wanted after all, as after an undo; `quick` as for live ones."""
        if self._recipe and any(self._recipe.answers(one) for one in (wanted, wanted.changed(**quick))):
            self._view.outdate("")
        elif not self._is_live() and not self._view.outdated:
            self._dim(_CHANGED)

    @property
    def _pictures_now(self) -> tuple[Picture | None, ...]:
        return tuple(surface.background for source in self._sources for surface in source.surfaces)

    def _dim(self, why: str) -> None:
        self._view.outdate(why)
        self._bar.forget_outcome()


def same_subject(kept: Recipe, wanted: Recipe) -> bool:
    """Whether a picture shows the sketch and the words that are wanted, whatever its other settings were."""
    return (kept.prompt, kept.picture_names) == (wanted.prompt, wanted.picture_names)
