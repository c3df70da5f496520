"""The filters that a finished picture goes through: added, ordered and turned in a panel; knows no picture, no job."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ipywidgets import Layout
from traitlets import List, validate

from lab.core.errors import BadInput
from lab.core.recipe import Finish
from lab.preprocessors import FILTERS, Filter, filter_named
from widgets.base.bare import HTML, Button, Dropdown, HBox, VBox
from widgets.base.dispose import close_all
from widgets.panel.fields import field_of
from widgets.panel.setting_groups import columns

_DIGITS = 6
_ADD = ("Add a filter", "")


class FilterList(VBox):
    """`filters.value` is a list of `{"name": ..., "settings": {...}}`, in order; assigning shows another.

    Every function under `@filter` can be chosen, also one that is declared later.
    """

    value = List()
    """Not sent to the browser: what it shows are the rows."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []
        self._add = Dropdown(
            options=[_ADD], tooltip="Add a filter for the finished picture", layout=Layout(width="160px", margin="0")
        )
        self._add.observe(self._chosen, names="value")
        head = HBox(
            [HTML("<b>Filters</b> for the finished picture", layout=Layout(margin="0 12px 0 0")), self._add],
            layout=Layout(align_items="center", flex_flow="row wrap"),
        )
        self._head = head
        super().__init__([head], layout=Layout(width="100%", margin="6px 0 0 0"))
        self._end = FILTERS.on_change(self._offer)
        self.observe(self._show, names="value")
        self._offer()

    def check(self, value: Any) -> None:
        """Refuse what is no list of filters.

        Raises:
            BadInput: names the filter, and what is wrong with it.
        """
        _in_full(value)

    @validate("value")
    def _completed(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        return _in_full(proposal["value"])

    def close(self) -> None:
        """Close it, and listen to declarations no more."""
        self._end()
        super().close()

    def _offer(self) -> None:
        """Every filter that there is, by name."""
        self._add.options = [_ADD, *((name.replace("_", " "), name) for name in FILTERS)]

    def _chosen(self, change: dict[str, Any]) -> None:
        if change["new"]:
            self._add.value = ""
            self.value = [*self.value, {"name": change["new"], "settings": {}}]

    def _show(self, change: dict[str, Any]) -> None:
        """Rows for what was set; those that show it already stay, so that a drag goes on."""
        if [row.finish for row in self._rows] == change["new"]:
            return
        left = list(self._rows)
        rows = []
        for one in change["new"]:
            row = next((row for row in left if row.finish == one), None)
            left = [other for other in left if other is not row]
            rows.append(row or _Row(filter_named(one["name"]), one["settings"], self._turned, self._do))
        self._rows = rows
        self.children = [self._head, *rows]
        for number, row in enumerate(rows):
            row.stands(is_first=number == 0, is_last=number == len(rows) - 1)
        for row in left:
            close_all(row)

    def _turned(self) -> None:
        self.value = [row.finish for row in self._rows]

    def _do(self, row: _Row, action: str) -> None:
        """One of a row's buttons: "up", "down" or "remove"."""
        value = [one.finish for one in self._rows]
        at = self._rows.index(row)
        one = value.pop(at)
        if action != "remove":
            value.insert(at + (1 if action == "down" else -1), one)
        self.value = value


class _Row(VBox):
    """One filter, with its buttons and its settings."""

    def __init__(
        self,
        tool: Filter,
        settings: Mapping[str, Any],
        turned: Callable[[], None],
        do: Callable[[_Row, str], None],
    ) -> None:
        self._name = tool.name
        settings = tool.checked(settings)
        self._fields: dict[str, Any] = {param.name: field_of(param, settings[param.name]) for param in tool.params}
        for field in self._fields.values():
            field.observe(lambda _: turned(), names="value")
        self._buttons = {
            "up": Button(icon="arrow-up", tooltip=f"Apply {tool.name} earlier", layout=_small()),
            "down": Button(icon="arrow-down", tooltip=f"Apply {tool.name} later", layout=_small()),
            "remove": Button(icon="times", tooltip=f"Remove {tool.name}", layout=_small()),
        }
        for action, button in self._buttons.items():
            button.on_click(lambda _, action=action: do(self, action))
        said = tool.name.replace("_", " ").capitalize()
        words = f"<b>{html.escape(said)}</b> <span style='opacity:.75'>{html.escape(tool.help)}</span>"
        title = HTML(words, layout=Layout(flex="1 1 auto"))
        super().__init__(
            [
                HBox([title, *self._buttons.values()], layout=Layout(align_items="center")),
                columns(self._fields.values()),
            ],
            layout=Layout(width="100%", border_top="1px solid var(--jp-border-color2)", margin="4px 0 0 0"),
        )

    @property
    def finish(self) -> dict[str, Any]:
        """The filter as a recipe names it; a slider's 1.5000000000000002 is 1.5 again, and so the same filter."""
        values = {name: field.value for name, field in self._fields.items()}
        rounded = {name: round(value, _DIGITS) if isinstance(value, float) else value for name, value in values.items()}
        return {"name": self._name, "settings": rounded}

    def stands(self, *, is_first: bool, is_last: bool) -> None:
        """Say where it stands among the others."""
        self._buttons["up"].disabled, self._buttons["down"].disabled = is_first, is_last


def _in_full(value: Any) -> list[dict[str, Any]]:
    """The filters with all their settings, as JSON values.

    Raises:
        BadInput: when it is no list of filters.
    """
    if not isinstance(value, Sequence) or isinstance(value, str):
        msg = f"filters is a list such as [{{'name': 'sharpen', 'settings': {{}}}}], not {value!r:.80}"
        raise BadInput(msg)
    found = []
    for one in value:
        finish = Finish(**one) if isinstance(one, Mapping) else one
        if not isinstance(finish, Finish):
            msg = f"a filter is {{'name': 'sharpen', 'settings': {{}}}}, not {one!r:.80}"
            raise BadInput(msg)
        found.append({"name": finish.name, "settings": filter_named(finish.name).checked(finish.settings)})
    return found


def _small() -> Layout:
    return Layout(width="32px")
