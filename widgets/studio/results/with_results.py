"""What a Studio can do with its pictures, in Python as by its buttons; knows no event."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from lab.core.recipe import Request
from lab.core.sentences.checked_call import checked
from lab.gallery import Kept

if TYPE_CHECKING:
    from lab.tasks import Task
    from widgets.panel.param_panel import ParamPanel
    from widgets.studio.results.results import Results
    from widgets.views.result_view import ResultView


class WithResults:
    """Put before an ipywidgets class that has a view, a panel, and `Results`."""

    task: Task
    view: ResultView
    panel: ParamPanel
    results: Results
    exchange: Any
    live_button: Any

    def go_on_with_result(self) -> None:
        """Put the picture that is shown on the canvas, to go on with it; nothing happens when there is none."""
        if self.view.png:
            self.send_to(self.task.name)

    @checked
    def send_to(self, task: str, use: str = "") -> None:
        """Put the picture that is shown into the Studio of a task, which is opened below this one if it is not yet.

        Args:
            task: name of a task.
            use: what it is there: "image" (when empty), "mask", "scene" or "style".

        Raises:
            BadInput: when there is no picture, no such task, or no such use of a picture in it.
        """
        self.exchange.send(task, use)

    def keep(self) -> None:
        """Keep the picture that is shown for good, with a star; nothing happens when there is none."""
        self.results.keep()

    def new_seed(self) -> None:
        """Another picture by another seed: at once, whether Live is on or not."""
        self.panel.settings = {"seed": secrets.randbelow(2**32)}
        self._draw_unless_live()

    def vary(self) -> None:
        """Another picture, much like this one: its noise turned a little towards that of another seed."""
        if self.panel.variation is not None:
            self.panel.variation.vary()
            self._draw_unless_live()

    @checked
    def bring_back(self, kept: Kept) -> None:
        """Show a picture of the gallery again, and be as it was when that was made: settings, sketch, picture, mask.

        What is not kept here any more is said above the Studio. `studio.recent[0]` is the newest.

        Raises:
            BadInput: when its file is gone.
        """
        self.results.bring_back(kept)

    @property
    def recent(self) -> tuple[Kept, ...]:
        """The last pictures of this task that are kept, newest first, as the row below the picture shows them."""
        return self.results.strip.pictures

    def _draw_unless_live(self) -> None:
        if not self.live_button.value:
            self.results.draw()

    def requests(self) -> tuple[Request, ...]:
        """All that Draw would draw now: one for each choice in the prompt, as in `{red|blue} apple`.

        Raises:
            BadInput: when the settings, or the choices in the prompt, cannot be used.
        """
        return self.results.asking.requests()
