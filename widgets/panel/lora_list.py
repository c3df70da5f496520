"""The LoRAs of a drawing: searched, added, ordered, weighed and switched off; knows no prompt and no job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ipywidgets import Layout
from traitlets import List, validate

from lab.core.catalogue import ModelCard
from lab.core.errors import BadInput
from lab.core.params import params_of
from lab.core.recipe import Lora
from lab.session.choices import LoraFile
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import Button, Checkbox, Combobox, HBox, VBox
from widgets.base.dispose import close_all
from widgets.base.thread_safe import ThreadSafe
from widgets.panel.fields import Said, field_of

_DIGITS = 6
_MOST_TRIGGERS = 6
Listing = Callable[[], Sequence[LoraFile]]


class _Search(ThreadSafe, Combobox):
    """The field that offers files, which come from another thread."""


class LoraList(VBox):
    """`loras.value` is a list of `{"name": ..., "weight": ...}`, in order: those that are on; assigning shows others.

    Those that are switched off stay in the list, and `loras.rows` has them, too, for keeping.

    Args:
        card: the model that they must fit.
        listing: looks for files on this machine; called beside the kernel's main thread.
        say: called with the trigger words that a person wants in the prompt.
    """

    value = List()
    """Not sent to the browser: what it shows are the rows."""

    def __init__(self, card: ModelCard, listing: Listing = tuple, say: Callable[[str], None] = lambda _: None) -> None:
        self._card, self._listing, self._say = card, listing, say
        self._files: dict[str, LoraFile] = {}
        self._rows: list[_Row] = []
        self._queue = BackgroundQueue("looking for LoRAs")
        self._search = _Search(
            placeholder="Search, or a file, or owner/name of the hub",
            description="Add",
            tooltip="Add a LoRA: from the models folder, a file, or a hub repository",
            continuous_update=False,
            ensure_option=False,
        )
        self._search.style.description_width = "initial"
        self._search.observe(self._chosen, names="value")
        self._refused = Said("refused")
        self._head = VBox([self._search, self._refused])
        self._head.add_class("sketchlab-lora-head")
        super().__init__([self._head])
        self.add_class("sketchlab-loras")
        self.observe(self._show, names="value")

    @property
    def summary(self) -> str:
        """How many count; empty for none."""
        return f"{len(self.value)}" if self.value else ""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """All that stand in the list, with `is_on`."""
        return [{**row.lora, "is_on": row.is_on} for row in self._rows]

    @rows.setter
    def rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        made = [(_lora(one), bool(one.get("is_on", True))) for one in rows]
        self._put([self._row(lora, is_on=is_on) for lora, is_on in made])

    def look(self) -> None:
        """Look for files, beside the thread that this is called on."""
        self._queue.run_next(self._look)

    def check(self, value: Any) -> None:
        """Refuse what is no list of LoRAs.

        Raises:
            BadInput: says what is wrong.
        """
        _in_full(value)

    def close(self) -> None:
        """Close it, and look for nothing more."""
        self._queue.close()
        super().close()

    @validate("value")
    def _completed(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        return _in_full(proposal["value"])

    def _look(self) -> None:
        """On the queue: what is in the models folder; those of another family are not offered."""
        found = self._listing()
        self._files = {one.name: one for one in found}
        self._search.post(options=tuple(one.name for one in found if one.fits(self._card)))
        for row in [*self._rows]:
            row.tell(self._file(row.lora["name"]), self._say)

    def _file(self, name: str) -> LoraFile | None:
        by_path = {str(one.path): one for one in self._files.values()}
        return self._files.get(name) or by_path.get(name)

    def _chosen(self, change: dict[str, Any]) -> None:
        """A person chose one, or wrote where it is."""
        name = change["new"].strip()
        if not name:
            return
        self._search.value = ""
        file = self._file(name)
        if file is not None and not file.fits(self._card):
            made_for = file.made_for or file.family or "another model"
            self._refuse(f"{file.name} was made for {made_for}, not for {self._card.name}.")
            return
        self._refuse("")
        self._put([*self._rows, self._row({"name": name, "weight": 1.0})])

    def _refuse(self, sentence: str) -> None:
        self._refused.post(value=sentence)

    def _row(self, lora: dict[str, Any], *, is_on: bool = True) -> _Row:
        row = _Row(lora, self._turned, self._do, is_on=is_on)
        row.tell(self._file(lora["name"]), self._say)
        return row

    def _show(self, change: dict[str, Any]) -> None:
        """Rows for what was set; those that show it already stay, and so do those that are off."""
        if [row.lora for row in self._rows if row.is_on] == change["new"]:
            return
        left = [row for row in self._rows if row.is_on]
        rows = []
        for one in change["new"]:
            row = next((row for row in left if row.lora == one), None)
            left = [other for other in left if other is not row]
            rows.append(row or self._row(one))
        named = {one["name"] for one in change["new"]}
        self._put([*rows, *(row for row in self._rows if not row.is_on and row.lora["name"] not in named)])

    def _put(self, rows: list[_Row]) -> None:
        """Let these be the rows."""
        gone = [row for row in self._rows if row not in rows]
        self._rows = rows
        self.children = [self._head, *rows]
        for number, row in enumerate(rows):
            row.stands(is_first=number == 0, is_last=number == len(rows) - 1)
        for row in gone:
            close_all(row)
        self._turned()

    def _turned(self) -> None:
        self.value = [row.lora for row in self._rows if row.is_on]

    def _do(self, row: _Row, action: str) -> None:
        """One of a row's buttons: "up", "down" or "remove"."""
        rows = [*self._rows]
        at = rows.index(row)
        rows.pop(at)
        if action != "remove":
            rows.insert(at + (1 if action == "down" else -1), row)
        self._put(rows)


class _Row(VBox):
    """One LoRA: on or off, its name, its weight, its place, and the words that it listens to."""

    def __init__(
        self, lora: dict[str, Any], turned: Callable[[], None], do: Callable[[_Row, str], None], *, is_on: bool
    ) -> None:
        self._name = lora["name"]
        short = Path(self._name).stem if self._name.endswith(".safetensors") else self._name
        self._on = Checkbox(is_on, indent=False, description=short, tooltip=f"Use {self._name}")
        self._weight = field_of(_WEIGHT, lora["weight"])
        self._weight.min = min(self._weight.min, lora["weight"])
        self._weight.max = max(self._weight.max, lora["weight"])
        self._weight.tooltip = f"{_WEIGHT.help} ({short})"
        self._buttons = {
            "up": Button(icon="arrow-up", tooltip=f"Apply {short} earlier", layout=_small()),
            "down": Button(icon="arrow-down", tooltip=f"Apply {short} later", layout=_small()),
            "remove": Button(icon="times", tooltip=f"Remove {short}", layout=_small()),
        }
        for action, button in self._buttons.items():
            button.on_click(lambda _, action=action: do(self, action))
        for field in (self._on, self._weight):
            field.observe(lambda _: turned(), names="value")
        self._said = Said()
        self._triggers = _Box([])
        self._triggers.add_class("sketchlab-triggers")
        head = HBox([self._on, *self._buttons.values()])
        head.add_class("sketchlab-row-head")
        below = HBox([self._weight])
        below.add_class("sketchlab-fields")
        super().__init__([head, self._said, below, self._triggers])
        self.add_class("sketchlab-row")

    @property
    def is_on(self) -> bool:
        """Whether it counts."""
        return self._on.value

    @property
    def lora(self) -> dict[str, Any]:
        """As a recipe names it."""
        return {"name": self._name, "weight": round(self._weight.value, _DIGITS)}

    def tell(self, file: LoraFile | None, say: Callable[[str], None]) -> None:
        """What its file says of itself; None while nobody has looked. Any thread."""
        if file is None or self._triggers.comm is None:  # nobody has looked, or it was closed meanwhile
            return
        self._said.post(value=" · ".join(filter(None, [file.made_for, f"{file.mb:.0f} MB"])))
        buttons = []
        for words in file.triggers[:_MOST_TRIGGERS]:
            button = Button(description=words, icon="plus", tooltip=f"Add to the prompt: {words}")
            button.on_click(lambda _, words=words: say(words))
            buttons.append(button)
        before = self._triggers.children
        self._triggers.post(children=buttons)
        for button in before:
            close_all(button)

    def stands(self, *, is_first: bool, is_last: bool) -> None:
        """Say where it stands among the others."""
        self._buttons["up"].disabled, self._buttons["down"].disabled = is_first, is_last


class _Box(ThreadSafe, HBox):
    """Buttons that come from another thread."""


_WEIGHT = next(param for param in params_of(Lora) if param.name == "weight")


def _lora(one: Any) -> dict[str, Any]:
    if not isinstance(one, Mapping | Lora):
        msg = f"a LoRA is {{'name': 'style.safetensors', 'weight': 0.8}}, not {one!r:.80}"
        raise BadInput(msg)
    made = one if isinstance(one, Lora) else Lora(**{name: one[name] for name in one if name != "is_on"})
    return {"name": made.name, "weight": made.weight}


def _in_full(value: Any) -> list[dict[str, Any]]:
    """The LoRAs as JSON values.

    Raises:
        BadInput: when it is no list of LoRAs.
    """
    if not isinstance(value, Sequence) or isinstance(value, str):
        msg = f"loras is a list such as [{{'name': 'style.safetensors', 'weight': 0.8}}], not {value!r:.80}"
        raise BadInput(msg)
    return [_lora(one) for one in value]


def _small() -> Layout:
    return Layout(width="32px")
