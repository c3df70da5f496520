"""What can be counted of a finished picture, in a fold that counts only while it is open; knows no task."""

from __future__ import annotations

from collections.abc import Callable

from lab.core.events import Result
from lab.core.picture import Picture
from lab.retouch.fidelity import Fidelity
from lab.session.opened_picture import OpenedPicture
from lab.tasks import plan
from widgets.base.bare import VBox
from widgets.panel.fields import Said
from widgets.panel.folds import Folds

NAME = "Numbers"
_NONE = "There is no picture yet."
_UNKNOWN = "Of this picture nothing can be counted: nothing was to stay, or pixels alone do not tell what."


class NumbersFold(VBox):
    """Changed pixels where nothing may change, and the step across the seam, of the picture that is shown.

    Args:
        beside: does something on the Studio's own thread, under a key.
    """

    def __init__(self, beside: Callable[[str, Callable[[], None]], None]) -> None:
        self._beside = beside
        self._folds: Folds | None = None
        self._count: Callable[[], Fidelity | None] | None = None
        self.lines = [Said(), Said()]
        self.lines[0].value = _NONE
        super().__init__(self.lines)
        self.add_class("sketchlab-numbers")

    def lie_in(self, folds: Folds) -> None:
        """Lie in a fold of these, which are a panel's."""
        self._folds = folds
        folds.add(NAME, self, stays=True)
        folds.on_open(NAME, self._look_soon)

    def came(self, result: Result) -> None:
        """A picture is there. Any thread; returns at once."""
        self._take(result.numbers)

    def shows(self, opened: OpenedPicture, made: Picture) -> None:
        """A picture that was drawn before is shown; of one whose pictures are not kept here nothing is counted."""
        if opened.missing:
            self._take(lambda: None)
            return

        def count() -> Fidelity | None:
            planned = plan(opened.request)
            return planned.task.numbers(planned.request, planned.plan, made)

        self._take(count)

    def _take(self, count: Callable[[], Fidelity | None]) -> None:
        self._count = count
        self._summarise("")
        if self._folds is not None and NAME in self._folds.opened:
            self._look_soon()

    def _look_soon(self) -> None:
        self._beside("numbers", self._look)

    def _look(self) -> None:
        if self._count is None:
            return
        found = self._count()
        if found is None:
            self._say(_UNKNOWN, "")
            return
        first, _, second = str(found).partition("; ")
        self._say(first, second)
        self._summarise(found.in_short)

    def _summarise(self, said: str) -> None:
        if self._folds is not None:
            self._folds.say(NAME, said)

    def _say(self, *words: str) -> None:
        for line, said in zip(self.lines, words, strict=True):
            line.post(value=f"{said[:1].upper()}{said[1:]}")
