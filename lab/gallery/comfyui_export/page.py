"""A graph as ComfyUI's page keeps it: places, wires, values in order, and a titled group for each part."""

from __future__ import annotations

from typing import Any

from lab.gallery.comfyui_export.builder import PARTS, Placed
from lab.gallery.foreign.comfyui.graph import Link
from lab.gallery.foreign.comfyui.node_table import SEEDS, WIDGETS, node_kinds

_WIDTH, _GAP, _TOP, _ROW, _LINE = 320, 60, 120, 30, 24
"""In the page's own pixels: of a node, between columns and nodes, above the first, of a title, of an input."""
_COLOURS = {"input": "#3f789e", "words": "#88A", "steering": "#8A8", "drawing": "#b58b2a", "output": "#a1309b"}
_TEXT_HEIGHT = 120


def page_graph(nodes: dict[str, Placed]) -> dict[str, Any]:
    """The graph in the page's form, version 0.4."""
    places, groups = _laid_out(nodes)
    links: list[list[Any]] = []
    made = {name: _node(int(name), one, places[name]) for name, one in nodes.items()}
    for name, one in nodes.items():
        for at, port in enumerate(made[name]["inputs"]):
            origin = one.inputs.get(port["name"])
            if isinstance(origin, Link):
                number = len(links) + 1
                output = made[origin.node]["outputs"][origin.slot]
                output["links"].append(number)
                port["link"] = number
                links.append([number, int(origin.node), origin.slot, int(name), at, output["type"]])
    return {
        "last_node_id": len(nodes),
        "last_link_id": len(links),
        "nodes": list(made.values()),
        "links": links,
        "groups": groups,
        "config": {},
        "extra": {},
        "version": 0.4,
    }


def _node(number: int, one: Placed, place: tuple[int, int, int]) -> dict[str, Any]:
    kind = node_kinds()[one.kind]
    ports = [{"name": name, "type": type_, "link": None} for name, type_ in kind.inputs.items() if type_ not in WIDGETS]
    values: list[Any] = []
    for name in kind.widgets:
        if name not in one.inputs:
            break  # optional ones are the last
        values.append(one.inputs[name])
        if name in SEEDS:
            values.append("fixed")
    if one.kind == "LoadImage":
        values.append("image")
    if one.kind == "LoadImageMask":
        values.append("image")
    x, y, height = place
    return {
        "id": number,
        "type": one.kind,
        "title": one.title,
        "pos": [x, y],
        "size": [_WIDTH, height],
        "flags": {},
        "order": number - 1,
        "mode": 0,
        "inputs": ports,
        "outputs": [
            {"name": type_, "type": type_, "links": [], "slot_index": at} for at, type_ in enumerate(kind.outputs)
        ],
        "properties": {"Node name for S&R": one.kind},
        "widgets_values": values,
    }


def _laid_out(nodes: dict[str, Placed]) -> tuple[dict[str, tuple[int, int, int]], list[dict[str, Any]]]:
    """Place and height of every node, a column for each part, and the groups around the columns."""
    places: dict[str, tuple[int, int, int]] = {}
    groups: list[dict[str, Any]] = []
    x = 0
    for part in PARTS:
        y = _TOP
        for name, one in nodes.items():
            if one.part == part:
                kind = node_kinds()[one.kind]
                rows = len(kind.inputs) + len(kind.outputs)
                height = _ROW + _LINE * rows + (_TEXT_HEIGHT if "text" in kind.inputs else 0)
                places[name] = (x, y, height)
                y += height + _GAP
        if y > _TOP:
            bounding = [x - 20, _TOP - 80, _WIDTH + 40, y - _TOP + 60]
            groups.append({"title": part, "bounding": bounding, "color": _COLOURS[part], "font_size": 24})
            x += _WIDTH + 2 * _GAP
    return places, groups
