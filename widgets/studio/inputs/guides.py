"""More that steers a drawing: controls, each with its map, references, and regions; the task and the card choose which.

They stand in folds of the panel, and are sources like the others: what they give is added to what those give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from traitlets import TraitError
from typing_extensions import override

from lab.core.conditioning import ControlGuide, ReferenceGuide
from lab.core.errors import BadInput
from lab.core.recipe import Reference
from lab.session import Lab
from lab.tasks import MOST_REGIONS, Task
from widgets.base.bare import Box, Button, Checkbox, HBox, Text, VBox
from widgets.base.dispose import close_all
from widgets.panel.lending import Lending
from widgets.panel.param_panel import ParamPanel
from widgets.panel.steering import Steer, Steering
from widgets.studio.inputs.region_input import RegionInput
from widgets.studio.inputs.task_inputs import ControlInput, PictureInput, StyleInput, TaskInput

MOST_CONTROLS = 4
"""With the first one, which a task may need; as many as a plan takes."""
_MOST_REFERENCES = 4
_KEPT = ("slot", "is_on", "weight", "start", "end")


class Entry(VBox):
    """One more picture: on or off, what it is, how it steers or its words, and a button that takes it away."""

    def __init__(
        self,
        slot: int,
        title: str,
        source: TaskInput,
        steering: Steering | None = None,
        *,
        lending: Lending | None = None,
        words: Text | None = None,
    ) -> None:
        self.slot, self.source, self.steering, self.lending, self.words = slot, source, steering, lending, words
        self.on = Checkbox(value=True, indent=False, description=title, tooltip=f"Use {title}")
        self.remove = Button(icon="times", tooltip=f"Remove {title}")
        head = HBox([self.on, self.remove])
        head.add_class("sketchlab-row-head")
        views = Box(list(source.views.values()))
        views.add_class("sketchlab-guide-views")
        super().__init__([head, *([steering] if steering else []), *([words] if words else []), views])
        self.add_class("sketchlab-guide")

    @property
    def kept(self) -> dict[str, Any]:
        """What a session keeps of it, besides its picture."""
        steer = self.steering.value if self.steering else Steer(1.0, 0.0, 1.0)
        kept = dict(zip(_KEPT, (self.slot, self.on.value, *steer), strict=True))
        return kept | ({"prompt": self.words.value} if self.words else {})

    def keep(self, kept: dict[str, Any]) -> None:
        """Be as it was kept; what a file says wrong is passed over."""
        self.on.value = kept.get("is_on") is not False
        numbers = [kept.get(name) for name in _KEPT[2:]]
        if self.steering and all(type(one) in (int, float) for one in numbers):
            self.steering.value = Steer(*map(float, numbers))  # pyright: ignore[reportArgumentType]
        if self.words and isinstance(kept.get("prompt"), str):
            self.words.value = kept["prompt"]


class GuideList(TaskInput):
    """A list of pictures in a fold: `guides.entries`; added, switched off, taken away.

    Args:
        what: what they are, in one word.
        most: how many there can be.
    """

    def __init__(self, what: str, most: int) -> None:
        self.name, self.surfaces, self.views = what, (), {}
        self._most = most
        self._changed: Callable[[], None] = lambda: None
        self.entries: list[Entry] = []
        self.add_button = Button(description=f"Add a {what}", icon="plus", tooltip=f"Add one more {what}")
        self.add_button.on_click(lambda _: self.add())
        self._list = VBox([])
        self.box = VBox([*self._head(), self._list, self.add_button])
        self.box.add_class("sketchlab-guides")

    def _head(self) -> list[Any]:
        """What stands above the list."""
        return []

    def _make(self, slot: int) -> Entry:
        """A new entry."""
        raise NotImplementedError

    @property
    def summary(self) -> str:
        """How many count; empty for none."""
        count = sum(entry.on.value for entry in self.entries)
        return f"{count}" if count else ""

    @property
    def kept(self) -> list[dict[str, Any]]:
        """What a session keeps of all entries, besides their pictures."""
        return [entry.kept for entry in self.entries]

    @kept.setter
    def kept(self, rows: Sequence[dict[str, Any]]) -> None:
        for row in rows:
            slot = row.get("slot")
            if type(slot) is int and 1 <= slot <= self._most and slot not in [entry.slot for entry in self.entries]:
                self.add(slot).keep(row)

    def add(self, slot: int | None = None) -> Entry:
        """One more, with the picture that its place had the last time, if any."""
        taken = [entry.slot for entry in self.entries]
        made = self._make(slot or next(one for one in range(1, self._most + 1) if one not in taken))
        self.entries.append(made)
        made.on.observe(lambda _: self._tell(), names="value")
        made.remove.on_click(lambda _: self._remove(made))
        made.source.on_change(self._tell)
        self._show()
        return made

    def made(self, count: int) -> list[Entry]:
        """So many entries, all of them on: those that are there, and new ones after them; the others are taken out."""
        for entry in self.entries[count:]:
            self._remove(entry)
        while len(self.entries) < min(count, self._most):
            self.add()
        for entry in self.entries:
            entry.on.value = True
        return [*self.entries]

    def _remove(self, entry: Entry) -> None:
        self.entries.remove(entry)
        for surface in entry.source.surfaces:
            surface.background = None
        self._show()
        entry.source.close()
        close_all(entry)

    def _show(self) -> None:
        self._list.children = [*self.entries]
        self.add_button.disabled = len(self.entries) >= self._most
        self._tell()

    def _tell(self) -> None:
        self._changed()

    @override
    def on_change(self, callback: Callable[[], None]) -> None:
        self._changed = callback

    def close(self) -> None:
        """Close what the entries show; the box is closed with the fold that it lies in."""
        for entry in self.entries:
            entry.source.close()


class Controls(GuideList):
    """Pictures that steer through a ControlNet, each with the map that is made of it.

    Args:
        lab: whose session keeps the pictures.
        task: whose name is in the names of their sketches.
        first: what the task needs anyway: its steering stands at the head of the list.
    """

    def __init__(self, lab: Lab, task: Task, first: Any = None) -> None:
        self._lab, self._task, self._first = lab, task, first
        needs = "controls" in task.needs
        super().__init__("control", MOST_CONTROLS - needs)

    @override
    def _head(self) -> list[Any]:
        return [self._first] if self._first is not None else []

    @override
    def _make(self, slot: int) -> Entry:
        title = f"Control {slot + ('controls' in self._task.needs)}"
        source = ControlInput(self._lab, f"{self._task.name}.control{slot}")
        return Entry(slot, title, source, source.steering)

    @override
    def arguments(self) -> dict[str, Any]:
        guides: list[ControlGuide] = []
        for entry in self.entries:
            guides += entry.source.arguments().get("controls", []) if entry.on.value else []
        return {"controls": guides} if guides else {}


class References(GuideList):
    """Pictures that lend their style or composition, all as much and the same of it: one adapter reads them.

    Args:
        lab: whose session keeps the pictures.
        task: whose name is in the names of their sketches.
    """

    def __init__(self, lab: Lab, task: Task) -> None:
        self._lab, self._task = lab, task
        self.lending = Lending()
        super().__init__("reference", _MOST_REFERENCES)
        self.lending.on_change(self._tell)

    @override
    def _head(self) -> list[Any]:
        return [self.lending]

    @override
    def _make(self, slot: int) -> Entry:
        title = f"Reference {slot}"
        source = PictureInput(self._lab, f"{self._task.name}.reference{slot}", paints=False)
        return Entry(slot, title, source, lending=self.lending)

    @override
    def arguments(self) -> dict[str, Any]:
        guides = []
        for entry in self.entries:
            image = entry.source.arguments().get("image") if entry.on.value else None
            if image is not None:
                lent = Reference(picture=image.hash, **self.lending.value)
                guides.append(ReferenceGuide(lent, image))
        return {"references": guides} if guides else {}


class Regions(GuideList):
    """Parts of the picture with words of their own; the prompt counts beside them.

    Args:
        lab: whose session keeps what is painted.
        task: whose name is in the names of the masks.
        panel: says how large the picture will be.
    """

    def __init__(self, lab: Lab, task: Task, panel: ParamPanel) -> None:
        self._lab, self._task, self._panel = lab, task, panel
        super().__init__("region", MOST_REGIONS)

    @override
    def _make(self, slot: int) -> Entry:
        source = RegionInput(self._lab, self._task, slot, self._panel)
        return Entry(slot, f"Region {slot}", source, words=source.words)

    @override
    def arguments(self) -> dict[str, Any]:
        guides: list[Any] = []
        for entry in self.entries:
            guides += entry.source.arguments().get("regions", []) if entry.on.value else []
        return {"regions": guides} if guides else {}


class Guides:
    """The lists of one Studio, each in its fold, and the LoRAs that are switched off: what no setting keeps.

    Args:
        lab: whose session keeps the pictures.
        task: decides which lists there are, together with the lab's model.
        sources: what the task is fed from anyway.
        panel: in whose folds the lists stand.
    """

    def __init__(self, lab: Lab, task: Task, sources: Sequence[TaskInput], panel: ParamPanel) -> None:
        self._loras = panel.loras
        own = next((one.steering for one in sources if isinstance(one, ControlInput)), None)
        self._own, self.lists = own, dict[str, GuideList]()
        self._style = next((one for one in sources if isinstance(one, StyleInput) and lab.card.ip_adapter), None)
        if "controls" in task.needs | task.recipe_fields and lab.card.controls:
            self.lists["Controls"] = Controls(lab, task, own or panel.sketch_steering)
        if "references" in task.recipe_fields and lab.card.ip_adapter is not None and not task.borrows_palettes:
            self.lists["References"] = References(lab, task)
        if "regions" in task.recipe_fields and lab.card.takes_regions:
            self.lists["Regions"] = Regions(lab, task, panel)
        for name, one in self.lists.items():
            panel.folds.add(name, one.box)
        if self._style is not None:
            panel.folds.add("Style", self._style.lending, stays=True)
        self._say = lambda: [panel.folds.say(name, said) for name, said in self._summaries.items()]

    @property
    def _summaries(self) -> dict[str, str]:
        style = {"Style": self._style.lending.summary} if self._style is not None else {}
        return {name: one.summary for name, one in self.lists.items()} | style

    def added_to(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a request, with what the lists give after what is there already."""
        for one in self.lists.values():
            settings = merged(settings, one.arguments())
        return settings

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back after every change, on any thread."""

        def changed() -> None:
            self._say()
            callback()

        style = [self._style.lending] if self._style is not None else []
        for one in (*self.lists.values(), *([self._own] if self._own else []), *style):
            one.on_change(changed)

    @property
    def kept(self) -> dict[str, Any]:
        """What a session keeps, besides pictures."""
        rows: dict[str, Any] = {name: one.kept for name, one in self.lists.items()}
        if self._loras is not None:
            rows["LoRAs"] = self._loras.rows
        if self._own is not None:
            rows["first"] = [self._own.value._asdict()]
        if self._style is not None:
            rows["Style"] = [self._style.lending.value]
        return {name: found for name, found in rows.items() if found}

    def keep(self, kept: Mapping[str, Any]) -> None:
        """Be as it was kept; what a file, which anybody may have written, says wrong is passed over."""
        rows = {name: [one for one in found if isinstance(one, dict)] for name, found in kept.items()
                if isinstance(found, list)}  # fmt: skip
        for name, one in self.lists.items():
            one.kept = rows.get(name, [])
        if self._loras is not None and rows.get("LoRAs"):
            with suppress(BadInput):
                self._loras.rows = rows["LoRAs"]
        if self._own is not None and rows.get("first"):
            with suppress(TypeError, ValueError, TraitError):
                self._own.value = Steer(**rows["first"][0])
        if self._style is not None and rows.get("Style"):
            self._style.lending.keep(rows["Style"][0])
        self._say()

    def close(self) -> None:
        """Close what the lists show; their boxes are closed with their folds."""
        for one in self.lists.values():
            one.close()


def merged(settings: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a request with those of one more source; what both give as lists is given one after the other."""
    both = {name: [*settings[name], *value] for name, value in given.items()
            if isinstance(value, list) and name in settings}  # fmt: skip
    return {**settings, **given, **both}
