"""Which model draws: what is here, what can be fetched and on what terms, and files of one's own; knows no picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.core.catalogue import CATALOGUE, model_card
from lab.core.errors import BadInput, SketchlabError
from lab.core.model_card import on_hub, path_of
from lab.hub.acceptance import accept
from lab.hub.model_folders import SETTINGS
from lab.hub.space import amount
from lab.session import Lab
from lab.session.choices import ModelChoice, choice_of, memory_said, named_model
from lab.tasks import Task
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import Button, Dropdown, HBox, PostedLayout, Select, Text, VBox
from widgets.base.page_words import for_page
from widgets.base.thread_safe import ThreadSafe
from widgets.panel.fields import Said
from widgets.studio.model.fetch_row import FetchRow
from widgets.studio.picture_exchange import can_do

_ROWS = 7
_FAMILIES = tuple(card.name for card in CATALOGUE.values() if card.repo and card.name == card.family)


class _List(ThreadSafe, Select):
    """Models, found beside the kernel's main thread."""


class _Button(ThreadSafe, Button):
    """A button whose words depend on the model; not seen where there is nothing to press it for."""

    def __init__(self, **traits: Any) -> None:
        self._shown = PostedLayout(display="none")
        super().__init__(layout=self._shown, **traits)

    def offer(self, words: str, tooltip: str = "") -> None:
        """Show it with these words, or not at all where there are none. Any thread."""
        if words:
            self.post(description=words, tooltip=tooltip)
        self._shown.post(display=None if words else "none")


class ModelField(VBox):
    """Lists the models of a lab, says of one what it takes and on what terms, and lets the lab draw with it.

    Args:
        lab: whose model is chosen.
        task: what the model must be able to do.
    """

    def __init__(self, lab: Lab, task: Task) -> None:
        self._lab, self._task = lab, task
        self._queue = BackgroundQueue("looking for models", log=str(lab.log_file))
        self._found: dict[str, ModelChoice] = {}
        self._listed: dict[str, ModelChoice] = {}
        self._tell: Callable[[str], None] = lambda _: None
        self._coming = ""
        self.search = Text(
            description="Find a model",
            placeholder="Name, file, folder or owner/name of the hub",
            tooltip="Search, or name a .safetensors file, a folder in diffusers' layout, or a repository of the hub",
        )
        self.list = _List(rows=_ROWS, description="Models", tooltip="Models that are here or can be fetched")
        self._family_shown = PostedLayout(display="none")
        self.family = Dropdown(
            options=_FAMILIES, description="Its family", tooltip="What kind of model it is", layout=self._family_shown
        )
        self.title, self.about, self.memory = Said("model-title"), Said(), Said()
        self.refused = Said("refused")
        self.use, self.fetch = _Button(), _Button(icon="download")
        self.row = FetchRow(self._came)
        for field in (self.search, self.list, self.family):
            field.style.description_width = "initial"
        where = Said()
        where.value = f"Your own: in {lab.home / 'models'}, and in the folders that {lab.home / SETTINGS} names."
        where.tooltip = "A file in the format of ComfyUI's extra_model_paths.yaml, into which A1111's folders go, too"
        buttons = HBox([self.use, self.fetch])
        buttons.add_class("sketchlab-model-buttons")
        self._card = VBox([self.title, self.about, self.memory, self.family, self.refused, buttons, self.row])
        self._card.add_class("sketchlab-model-card")
        choose = VBox([self.search, self.list])
        super().__init__([choose, self._card, where])
        self.add_class("sketchlab-model")
        for changing in (self.search, self.family):
            changing.observe(lambda _: self._later(self._list), names="value")
        self.list.observe(lambda _: self._later(self._describe), names="value")
        self.use.on_click(lambda _: self._later(self._use))
        self.fetch.on_click(lambda _: self._later(self._fetch))
        self._end = lab.on_switch(self._switched)

    @property
    def summary(self) -> str:
        """The lab's model in a word, and how much of one has come that is fetched."""
        return ", ".join(filter(None, [_short(self._lab.model.name), self._coming]))

    @property
    def chosen(self) -> ModelChoice | None:
        """What is chosen in the list, which need not draw yet."""
        return self._listed.get(self.list.value or "")

    def on_change(self, callback: Callable[[str], None]) -> None:
        """Call back with the summary when it is another, on any thread. One callback."""
        self._tell = callback

    def look(self) -> None:
        """Look which models there are; returns at once."""
        self._later(self._look)

    def close(self) -> None:
        """Look no more; what is fetched goes on."""
        self._end()
        self._queue.close()
        super().close()

    def _later(self, work: Callable[[], None]) -> None:
        """Do it after all that waits, once for all that asked for it meanwhile."""
        self._queue.add(work.__name__, lambda: self._do(work))

    def _do(self, work: Callable[[], None]) -> None:
        """On the queue: do it; what is wrong with what a person wants is one sentence."""
        try:
            work()
        except SketchlabError as error:
            self.refused.post(value=for_page(str(error)))

    def _look(self) -> None:
        if not self._found:
            self.about.post(value="Looking which models are here…")
        found = {one.model: one for one in self._lab.models}
        own = self._lab.card.name
        self._found = found if own in found else {own: choice_of(self._lab.model), **found}
        self._list("" if self.list.value else own)

    def _look_at_own(self) -> None:
        self._look()
        self._list(self._lab.card.name)

    def _list(self, wanted: str = "") -> None:
        """Those that are searched for, what is here first, or the one that is named."""
        words, before = self.search.value.strip(), wanted or self.list.value
        listed = [one for one in self._found.values() if _matches(one, words)]
        listed.sort(key=lambda one: not one.is_here)
        self._family_shown.post(display="none")
        self.refused.post(value="")
        try:
            if words and not listed:
                listed = [self._named(words)]
        finally:
            self._listed = {one.model: one for one in listed}
            options = tuple((self._line(one), one.model) for one in listed)
            value = before if before in self._listed else next(iter(self._listed), None)
            with self.list.guard, self.list.hold_sync():
                if self.list.options != options:
                    self.list.options = options
                self.list.value = value
            self._describe()

    def _named(self, place: str) -> ModelChoice:
        """What is at a place that a person wrote.

        Raises:
            BadInput: when there is nothing, or something else than a model.
        """
        path, there = path_of(place), on_hub(place)
        if path is not None and not path.exists():
            msg = f"there is nothing in {place}"
            raise BadInput(msg)
        if path is None and there is None:
            msg = f"no model here is called {place!r}: give a file, a folder, or a hub's owner/name"
            raise BadInput(msg)
        if path is None:
            self._family_shown.post(display=None)
        family = self.family.value if path is None else None
        return choice_of(named_model(place, home=self._lab.home, family=family))

    def _describe(self) -> None:
        """Say what there is to know of the one that is chosen, before anything is done about it."""
        one = self.chosen
        if one is None:
            self.title.post(value="")
            self.about.post(value="")
            self.memory.post(value="")
            self.use.offer("")
            self.fetch.offer("")
            return
        in_use, refused = one.model == self._lab.card.name, self._cannot(one)
        size = amount(round(one.download_gb * 1e9)) if one.download_gb else ""
        here = "On this machine" if one.is_here else f"To be fetched: {size or 'how much, the hub says'}"
        sold = "Its pictures may not be sold" if one.is_commercial is False else ""
        said = memory_said(one)
        self.title.post(value=f"{one.name}: {one.title}" if one.name not in one.title else one.title)
        self.about.post(value=". ".join(filter(None, [here, f"Licence: {one.licence}", sold])) + ".")
        self.memory.post(value=f"{said[0].upper()}{said[1:]}.")
        self.refused.post(value=refused)
        use = "In use" if in_use else f"Use {_short(one.name)}"
        agree = f"{'Accept its licence and fetch' if one.must_be_accepted else 'Fetch'} {size}".strip()
        self.use.offer(use if one.is_here and not refused else "", f"Draw with {one.name} from now on")
        self.fetch.offer(
            "" if one.is_here or refused or self.row.is_busy else agree, f"Fetch {one.name}; its licence: {one.licence}"
        )

    def _use(self) -> None:
        """The chosen one, from now on."""
        one = self.chosen
        if one is not None and one.is_here and one.model != self._lab.card.name:
            self._lab.switch(one.model, family=one.family)
            self._describe()

    def _fetch(self) -> None:
        """Fetch the chosen one; the button that was pressed has said its licence."""
        one = self.chosen
        if one is None or one.is_here:
            return
        if one.must_be_accepted:
            accept(one.model)
        self.row.begin(one.model, one.family)
        self._describe()

    def _came(self, said: str) -> None:
        """So much has come; on the thread that fetches."""
        is_done, self._coming = bool(self._coming) and not said, said
        self._tell(self.summary)
        if is_done:
            self.look()

    def _switched(self) -> None:
        self._tell(self.summary)
        if self._found:
            self._later(self._look_at_own)

    def _line(self, one: ModelChoice) -> str:
        """One model in the list."""
        where = "here" if one.is_here else amount(round(one.download_gb * 1e9)) if one.download_gb else "on the hub"
        in_use = "in use" if one.model == self._lab.card.name else where
        return " · ".join(filter(None, [_short(one.name), one.family or "", in_use]))

    def _cannot(self, one: ModelChoice) -> str:
        """Why a model is of no use in this Studio; empty where it is."""
        if can_do(self._task, model_card(one.model, family=one.family)):
            return ""
        return f"{_short(one.name)} cannot do this: {self._task.title[0].lower()}{self._task.title[1:]}."


def _matches(one: ModelChoice, words: str) -> bool:
    """Whether all words of a search are in what is known of a model."""
    known = f"{one.name} {one.model} {one.family or ''} {one.title}".lower()
    return all(word in known for word in words.lower().split())


def _short(name: str) -> str:
    """A model's name without the folders before it."""
    path = path_of(name)
    return path.stem if path is not None and path.suffix == ".safetensors" else Path(name).name if path else name
