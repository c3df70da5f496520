"""Settings under the headings that they declare, those that are dragged on the canvas folded away; knows no task."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from lab.core.params import Param
from widgets.base.bare import HTML, Accordion, Box, VBox

_OTHERS = "Model"
"""The heading of what declares none, where there are others."""
_FOLD = "Exact position"


def grouped(fields: Iterable[tuple[Param, Any]]) -> Box:
    """The fields of these settings: in groups as declared, first the one that has something to drag."""
    groups: dict[str, list[tuple[Param, Any]]] = {}
    for param, field in fields:
        groups.setdefault(param.group or _OTHERS, []).append((param, field))
    order = sorted(groups, key=lambda name: (name == _OTHERS, not any(param.is_dragged for param, _ in groups[name])))
    box = Box([_group(name if len(groups) > 1 else "", groups[name]) for name in order])
    box.add_class("sketchlab-groups" if len(groups) > 1 else "sketchlab-one-group")
    return box


def columns(fields: Iterable[Any]) -> Box:
    """Fields side by side, each with its name above it, as many as fit."""
    box = Box(list(fields))
    box.add_class("sketchlab-fields")
    return box


def _group(name: str, fields: list[tuple[Param, Any]]) -> VBox:
    title = [HTML(f"<h3>{html.escape(name)}</h3>")] if name else []
    shown = columns(field for param, field in fields if not param.is_dragged)
    dragged = [field for param, field in fields if param.is_dragged]
    fold = [Accordion([columns(dragged)], titles=[_FOLD], selected_index=None)] if dragged else []
    box = VBox([*title, shown, *fold])
    box.add_class("sketchlab-group-of-fields")
    return box
