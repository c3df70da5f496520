"""Where the picture of a Studio can go, what comes into it, and the settings that come with it; draws nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.core.catalogue import ModelCard
from lab.core.errors import BadInput
from lab.core.picture import Picture
from lab.core.recipe import Recipe
from lab.gallery.foreign import read
from lab.session.opened_picture import OpenedPicture, opened_bytes
from lab.tasks import TASKS, Task
from widgets.base.bare import VBox
from widgets.base.thread_safe import ThreadSafe
from widgets.canvas.mask_painter import MaskPainter
from widgets.studio.inputs.picture_uses import is_drawn, uses_of
from widgets.studio.notices import Notices
from widgets.studio.putting_back import put_back
from widgets.views.picture_takers import Taker, add_taker, taker_named
from widgets.views.reopening import Reopener, add_reopener

if TYPE_CHECKING:
    from widgets.studio.studio import Studio

_TRACED = (
    "The picture lies below the paper, to be traced: only what you draw on it counts. "
    "To start from its own lines, drop it in Control to image."
)


class Below(ThreadSafe, VBox):
    """Studios that were opened from another one, below it."""


class PictureExchange:
    """Sends the picture of a Studio to any task, takes pictures for its own, and offers the settings in them.

    Args:
        studio: whose picture it is, and whose sources and panel take what comes.
        notices: say what can be done with what came.
        later: does something on the Studio's own thread, under a key.
        show: brings the Studio into view.
    """

    def __init__(
        self,
        studio: Studio,
        notices: Notices,
        later: Callable[[str, Callable[[], None]], None],
        show: Callable[[], None],
    ) -> None:
        self._lab, self._task, self._sources = studio.lab, studio.task, studio.sources
        self._view, self._studio, self._open_studio = studio.view, studio, type(studio)
        self._notices, self._later, self._bring = notices, later, show
        view, sources = studio.view, studio.sources
        self.below = Below([])
        self._is_closed = False
        view.on_send(lambda to: later(f"send {to}", lambda: self.send(*to.split("/"))))
        view.on_star(lambda path, wanted: later(f"star {path}", lambda: self.star(path, is_starred=wanted)))
        for source in sources:
            for surface in source.surfaces:
                surface.on_drop(self._dropped)
        lab, task = studio.lab, studio.task.name
        self._leave = add_taker(Taker(lab, task, self.take)) if sources else lambda: None
        self._leave_reopening = add_reopener(
            Reopener(
                lab, task,
                reopen=lambda content: later("reopen", lambda: self.reopen(content)),
                take=lambda settings: later("take", lambda: self._take_settings(settings)),
            )
        )  # fmt: skip

    def close(self) -> None:
        """Take no more pictures, and close what was opened from here."""
        self._leave()
        self._leave_reopening()
        with self.below.guard:
            self._is_closed, opened = True, self.below.children
        for studio in opened:
            studio.close()  # pyright: ignore[reportAttributeAccessIssue]

    def take(self, picture: Picture, use: str = "") -> None:
        """Take a picture, as if a person had dropped it.

        Raises:
            BadInput: when there is nothing here that it could be used for.
        """
        if use == "mask" and isinstance(painter := self._sources[0].surfaces[0], MaskPainter):
            painter.load(picture)
        else:
            source = next((one for one in self._sources if one.name == (use or "image")), None)
            if source is None:
                msg = f"{self._task.name} takes no {use}: it takes {', '.join(uses_of(self._task)) or 'words alone'}"
                raise BadInput(msg)
            source.surfaces[0].background = picture
        self._bring()

    def send(self, task: str, use: str = "") -> None:
        """Send the picture that is shown to a task; its Studio is opened below this one where it is not open yet.

        Raises:
            BadInput: when there is no picture, no such task, or no such use of a picture in it.
        """
        if not self._view.png:
            msg = "there is no picture yet: draw one first"
            raise BadInput(msg)
        if taker_named(self._lab, task) is None:
            self._open_below(self._open_studio(self._lab, task))
        if self._is_closed:
            return
        taker = taker_named(self._lab, task)
        if taker is None:
            msg = f"{task} takes no picture: use {', '.join(one for one in TASKS if uses_of(TASKS[one]))}"
            raise BadInput(msg)
        taker.take(Picture.of(self._view.png), use)

    def _open_below(self, studio: Studio) -> None:
        with self.below.guard:
            is_late = self._is_closed
            if not is_late:
                self.below.post(children=[*self.below.children, studio])
        if is_late:  # closed while the other was being opened
            studio.close()

    def use_settings(self, recipe: Recipe) -> None:
        """Move the panel to the settings of a recipe; what it cannot take is said."""
        wanted, refused = settings_in(recipe, self._lab.card, self._studio.panel.settings), []
        for name, value in tuple(wanted.items()):
            try:
                self._studio.panel.check({name: value})
            except BadInput:
                refused.append(name)
                del wanted[name]
        self._studio.panel.settings = wanted
        if refused:
            self._notices.say(f"Not used, since this Studio cannot: {', '.join(refused)}.", about="offer")

    def _dropped(self, content: bytes) -> None:
        """A person brought a picture; called with the canvas's lock held."""
        self._later("dropped", lambda: self._look_into(content))

    def _look_into(self, content: bytes) -> None:
        """What comes with the picture: settings that can be used; and in a sketch what it is good for."""
        opened = opened_bytes(content, self._lab.gallery)
        if is_drawn(self._task):
            self._notices.say(_TRACED, about="traced")
        self._notices.take_back("lacking")
        if opened is None:
            self._offer_foreign(content)
            return
        recipe = opened.recipe
        words = f"“{_short(recipe.prompt)}”, " if recipe.prompt else ""
        said = f"This picture was made here: {words}{recipe.model}, seed {recipe.seed}."
        actions = {"Use its settings": lambda: self.use_settings(recipe)}
        if recipe.task == self._task.name and self._sources:
            actions["Restore everything"] = lambda: self._later("reopen", lambda: self.restore(opened))
        self._notices.say(said, actions, about="offer")

    def _offer_foreign(self, content: bytes) -> None:
        """Offer the settings that another tool wrote into its picture, and say which of them are not taken over."""
        try:
            imported = read(content)
        except BadInput:
            self._notices.take_back("offer")
            return
        recipe, left = imported.recipe, [*imported.unmapped, *(f"not here: {one}" for one in imported.missing)]

        def use() -> None:
            self.use_settings(recipe)
            if left:
                self._notices.say(f"Not taken over: {'; '.join(left)}.", about="lacking")

        words = f"“{_short(recipe.prompt)}”, " if recipe.prompt else ""
        said = f"This picture was made with {imported.tool or 'another program'}: {words}seed {recipe.seed}."
        self._notices.say(said, {"Use its settings": use}, about="offer")

    def reopen(self, content: bytes) -> None:
        """Be as it was when a picture was made, as far as that is kept here; of another task the settings alone.

        Raises:
            BadInput: when it is no picture.
        """
        opened = opened_bytes(content, self._lab.gallery)
        if opened is None:
            return
        self.restore(opened)
        self._bring()

    def _take_settings(self, settings: Mapping[str, Any]) -> None:
        """Move the panel to those of the settings that it has."""
        panel = self._studio.panel
        panel.settings = {name: value for name, value in settings.items() if name in panel.settings}
        self._bring()

    def restore(self, opened: OpenedPicture) -> None:
        """Put back what a picture was made of, and its settings; what cannot be put back is said."""
        self._notices.take_back("lacking")
        lacking = put_back(opened, self._sources, self._studio.guides) if opened.recipe.task == self._task.name else []
        self.use_settings(opened.recipe)
        if lacking:
            self._notices.say(f"Not restored, since it is not kept here: {', '.join(lacking)}.", about="lacking")

    def star(self, path: Path, *, is_starred: bool) -> None:
        """Give a picture of the gallery a star, or take it away; the view says it, where it shows that one."""
        if self._lab.gallery.star(path, is_starred=is_starred) and self._view.path == path:
            self._view.post(is_starred=is_starred)


def targets(card: ModelCard, own: Task) -> list[dict[str, Any]]:
    """Where a picture can go with this model, for the menu of a view; this Studio's task first."""
    fit = [task for task in TASKS.values() if uses_of(task) and can_do(task, card)]
    found = []
    for task in sorted(fit, key=lambda task: task.name != own.name):
        name = "This canvas" if task.name == own.name else task.name.replace("_", " ").capitalize()
        uses = [{"to": f"{task.name}/{use}", "name": words} for use, words in uses_of(task).items()]
        found.append({"name": name, "uses": uses})
    return found


def settings_in(recipe: Recipe, card: ModelCard, now: Mapping[str, Any]) -> dict[str, Any]:
    """What the settings of a panel are for a recipe; what the recipe leaves to the model is the model's own.

    Args:
        recipe: of any task and model.
        card: of the model that is used now.
        now: the settings of the panel, by name; others are left out.
    """
    given = {name: value for name, value in json.loads(recipe.to_json()).items() if value is not None}
    first = recipe.controls[:1]
    weight = {name: value for one in first
              for name, value in (("sketch_strength", one.weight), ("sketch_range", (one.start, one.end)))}  # fmt: skip
    own = {name: value for name in now if (value := getattr(card, name, None)) is not None}
    found = {**own, **given, **recipe.settings, **weight}
    return {name: found[name] for name in now if name in found}


def can_do(task: Task, card: ModelCard) -> bool:
    """Whether a model is of any use in a task's Studio."""
    return task.fits(card) and ("controls" not in task.needs or bool(card.control_kinds))


def _short(words: str, most: int = 60) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
