"""The pictures of one Studio, once they are there: the row of the last ones, and what is wanted of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lab.core.events import Event, Result
from lab.core.recipe import Recipe, Request
from lab.gallery import Kept
from lab.jobs import LiveSession
from lab.session.opened_picture import opened_picture
from widgets.studio.picture_exchange import PictureExchange
from widgets.studio.results.asking import Asking
from widgets.studio.results.more_buttons import more_buttons
from widgets.studio.results.numbers_fold import NumbersFold
from widgets.studio.results.result_strip import ResultStrip

if TYPE_CHECKING:
    from widgets.panel.param_panel import ParamPanel
    from widgets.studio.studio import Studio


class Results:
    """What comes of drawing, beside the picture itself. All methods may be called from any thread.

    Args:
        studio: whose pictures they are.
        exchange: puts back what a picture was made of, and gives stars.
        session: asks for one picture.
        request: what would be drawn now, with these changes.
        hear: hears the events of several pictures.
        later: does what a person wants on the Studio's own thread, under a key; what is wrong with it is said.
        beside: does anything else there.
        shows: is told of the recipe whose picture is shown again.
    """

    def __init__(
        self,
        studio: Studio,
        exchange: PictureExchange,
        session: LiveSession,
        *,
        request: Callable[..., Request],
        hear: Callable[[Event], None],
        later: Callable[[str, Callable[[], None]], None],
        beside: Callable[[str, Callable[[], None]], None],
        shows: Callable[[Recipe], None],
    ) -> None:
        lab, task, self._view = studio.lab, studio.task, studio.view
        self._gallery, self._exchange, self._later, self._shows = lab.gallery, exchange, later, shows
        self._beside, self._say_count = beside, lambda _: None
        prompt, submit = (lambda: studio.panel.settings.get("prompt", "")), lab.submit
        self.asking = Asking(lab.home, request, prompt, session.draw, lambda one: submit(one, hear))
        self.strip = ResultStrip(lab.gallery, task.name, beside)
        self.strip.on_bring(lambda kept: later("bring back", lambda: self.bring_back(kept)))
        self.strip.on_star(lambda kept, wanted: later("star in the strip", lambda: self._star(kept, wanted)))
        varies = "variation_strength" in task.recipe_fields
        self._more = more_buttons(studio.keep, studio.new_seed if task.draws else None, studio.vary if varies else None)
        self._numbers = NumbersFold(beside) if task.stays else None
        self._view.observe(lambda _: self._look_soon(), names="is_starred")

    @property
    def row(self) -> list[Any]:
        """What stands below papers and picture."""
        return [self.strip, self._more]

    def lie_in(self, panel: ParamPanel) -> None:
        """Have a place in this panel, and follow its prompt."""
        if self._numbers is not None:
            self._numbers.lie_in(panel.folds)
        panel.on_setting(["prompt"], self._count)

    def on_count(self, say: Callable[[int], None]) -> None:
        """Call back with how many pictures Draw draws, now and whenever the prompt is another; beside the kernel."""
        self._say_count = say
        self._count()

    def draw(self) -> None:
        """Draw all that is wanted now; returns at once."""
        self._later("draw", self.asking.draw)

    def seeds(self, count: int) -> None:
        """Draw so many pictures, of the seed that is set and those after it; returns at once."""
        self._later("seeds", lambda: self.asking.seeds(count))

    def came(self, result: Result) -> None:
        """A picture is there, and shown."""
        if result.request.is_quick:
            self.strip.post(shown=0)
        else:
            self._look_soon()
        if self._numbers is not None:
            self._numbers.came(result)

    def keep(self) -> None:
        """Give the picture that is shown a star; returns at once."""
        if (path := self._view.path) is not None:
            self._later("keep", lambda: self._exchange.star(path, is_starred=True))

    def bring_back(self, kept: Kept) -> None:
        """Show it, and be as it was when it was made.

        Raises:
            BadInput: when its file is gone.
        """
        opened = opened_picture(kept.path, self._gallery)
        self._exchange.restore(opened)
        recipe = kept.recipe
        self._view.show_kept(kept, opened.pictures.get(recipe.scene or recipe.image or ""))
        self._shows(recipe)
        self.strip.look(kept.path)
        if self._numbers is not None:
            self._numbers.shows(opened, opened.picture)

    def _count(self) -> None:
        self._beside("count", lambda: self._say_count(self.asking.count))

    def _look_soon(self) -> None:
        self.strip.look_soon(self._view.path)

    def _star(self, kept: Kept, is_starred: bool) -> None:  # noqa: FBT001 what the strip says
        self._exchange.star(kept.path, is_starred=is_starred)
        self.strip.look(self._view.path)
