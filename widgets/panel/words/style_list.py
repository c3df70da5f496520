"""Words under names of their own, from the home's `styles.csv`: added to both prompts, kept, taken away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lab.core.errors import BadInput
from lab.gallery import Said as Words
from lab.gallery import Style, Styles
from widgets.base.bare import Box, Button, Dropdown, Text, VBox
from widgets.panel.fields import Said

_NONE_CHOSEN = "Choose a style"


class StyleList(VBox):
    """The styles of a home; the table is that of AUTOMATIC1111's web UI, and can be edited elsewhere meanwhile.

    Args:
        home: the folder of everything that is kept.
        now: both prompts as they stand.
        take: called with both prompts and a style's words in them.
    """

    def __init__(self, home: Path, now: Callable[[], Words], take: Callable[[Words], None]) -> None:
        self._styles, self._now, self._take = Styles(home), now, take
        self.choice = Dropdown(options=[_NONE_CHOSEN], tooltip="Words that you keep under a name")
        self.choice.description, self.choice.style.description_width = "Style", "initial"
        self.add = Button(description="Add to the words", icon="plus", tooltip="Put its words into both prompts")
        self.remove = Button(icon="trash", tooltip="Remove this style from the file")
        self.name = Text(placeholder="a name", description="Name", tooltip="The name to keep the words of now under")
        self.name.style.description_width = "initial"
        self.keep = Button(description="Keep the words", icon="save", tooltip="Keep both prompts as a style")
        self.said = Said()
        rows = [Box([self.choice, self.add, self.remove]), Box([self.name, self.keep])]
        for row in rows:
            row.add_class("sketchlab-style-row")
        super().__init__([*rows, self.said])
        self.add_class("sketchlab-styles")
        self.add.on_click(lambda _: self._do(self._add))
        self.keep.on_click(lambda _: self._do(self._keep))
        self.remove.on_click(lambda _: self._do(self._remove))
        self.choice.observe(lambda _: self._enable(), names="value")
        self._enable()

    def look(self) -> None:
        """Read the file again."""
        names = [style.name for style in self._styles.all]
        chosen = self.choice.value
        self.choice.options = [_NONE_CHOSEN, *dict.fromkeys(names)]
        self.choice.value = chosen if chosen in names else _NONE_CHOSEN
        empty = f"There are none yet: keep the words of now, or put a styles.csv into {self._styles.file.parent}."
        self.said.value = "" if names else empty

    @property
    def _chosen(self) -> Style | None:
        return next((one for one in self._styles.all if one.name == self.choice.value), None)

    def _enable(self) -> None:
        self.add.disabled = self.remove.disabled = self.choice.value == _NONE_CHOSEN

    def _do(self, act: Callable[[], None]) -> None:
        try:
            act()
        except BadInput as error:
            self.said.value = str(error)

    def _add(self) -> None:
        now, style = self._now(), self._chosen
        if style is None:
            self.look()
            return
        made = Words(*style.applied(*now))
        is_there = all(not words or words in said for words, said in zip((style.prompt, style.negative_prompt), now,
                                                                         strict=True))  # fmt: skip
        if not is_there:
            self._take(made)
        self.said.value = f"“{style.name}” is in the words{' already' if is_there else ''}."

    def _keep(self) -> None:
        name, now = self.name.value.strip(), self._now()
        if not any(now):
            msg = "there are no words to keep: write some first"
            raise BadInput(msg)
        self._styles.keep(Style(name=name, prompt=now.prompt, negative_prompt=now.negative_prompt))
        self.look()
        self.choice.value = name
        self.said.value = f"Kept as “{name}” in {self._styles.file}."

    def _remove(self) -> None:
        name = str(self.choice.value)
        self._styles.remove(name)
        self.look()
        self.said.value = f"“{name}” is removed."
