"""A graph of ComfyUI as values: nodes by their ids, each with constants and links; knows no node's meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lab.gallery.foreign.bounded_json import fraction, whole

MOST_NODES = 5000
"""The largest graph that is walked."""
_MOST_STEPS = 200
"""Of one walk; a graph that goes in circles ends there."""


class Link(NamedTuple):
    """An input that another node gives: its id, and which of its outputs."""

    node: str
    slot: int


class Node(NamedTuple):
    """One node: what it does, and what goes in, a constant or a link each."""

    id: str
    kind: str
    inputs: Mapping[str, Any]
    title: str = ""

    def link(self, *names: str) -> Link | None:
        """The first of these inputs that is a link."""
        return next((one for name in names if isinstance(one := self.inputs.get(name), Link)), None)

    @property
    def links(self) -> dict[str, Link]:
        """The inputs that other nodes give, by name."""
        return {name: one for name, one in self.inputs.items() if isinstance(one, Link)}


class Graph(dict[str, Node]):
    """The nodes of a graph by their ids."""

    def at(self, link: Link | None) -> Node | None:
        """The node that a link comes from; None for no link, or one that leads nowhere."""
        return self.get(link.node) if link else None

    def upstream(self, link: Link | None) -> Iterator[Node]:
        """Every node that what comes through a link depends on, each once, the nearest first."""
        waiting, seen = [link.node] if link else [], set[str]()
        while waiting:
            name = waiting.pop(0)
            if name in seen or name not in self:
                continue
            seen.add(name)
            yield self[name]
            waiting += [one.node for one in self[name].links.values()]

    def text(self, value: Any) -> str | None:
        """The text of an input, through nodes that pass texts on; None when it is made while it runs."""
        return self._text(value, _MOST_STEPS)

    def number(self, value: Any) -> float | None:
        """The number of an input, through nodes that pass numbers on."""
        return fraction(self._constant(value, _MOST_STEPS))

    def whole(self, value: Any) -> int | None:
        """The whole number of an input."""
        return whole(self._constant(value, _MOST_STEPS))

    def _text(self, value: Any, steps: int) -> str | None:
        if isinstance(value, Link) and steps and (node := self.at(value)) and "concat" in node.kind.lower():
            parts = [self._text(node.inputs.get(name), steps // 2) for name in ("string_a", "string_b")]
            between = self._text(node.inputs.get("delimiter", ""), steps // 2)
            known = [part for part in parts if part is not None]
            return None if between is None or len(known) < len(parts) else between.join(known)[:_MOST_LETTERS]
        constant = self._constant(value, steps)
        return constant if isinstance(constant, str) else None

    def _constant(self, value: Any, steps: int) -> Any:
        """What an input comes to, where only nodes that pass values on stand between; None otherwise."""
        while isinstance(value, Link) and steps:
            steps -= 1
            node = self.at(value)
            if node is None:
                return None
            if node.kind == "ComfySwitchNode":
                switch = self._constant(node.inputs.get("switch"), steps // 2)
                value = node.inputs.get("on_true" if switch else "on_false") if isinstance(switch, bool) else None
            elif node.kind == "StringConcatenate":
                return self._text(value, steps)
            elif (name := _PASSES_ON.get(node.kind)) or node.kind.startswith("Primitive"):
                value = node.inputs.get(name or "value")
            else:
                return None
        return None if isinstance(value, Link) else value


_MOST_LETTERS = 100_000
_PASSES_ON = {
    "PreviewAny": "source",
    "Reroute": "",
    "INTConstant": "value",
    "FloatConstant": "value",
    "String Literal": "string",
    "Text Multiline": "text",
    "Seed (rgthree)": "seed",
    "CR Seed": "seed",
    "easy seed": "seed",
}
"""Nodes whose output is one of their inputs, and which. Not those whose fields the page may hold back."""


def graph_of(table: Any) -> Graph:
    """The graph in the table that ComfyUI keeps as `prompt`; what is no node in it is left out."""
    graph = Graph()
    for name, value in table.items() if isinstance(table, dict) else ():
        if len(graph) == MOST_NODES:
            break
        if isinstance(value, dict) and isinstance(kind := value.get("class_type"), str):
            inputs = value.get("inputs")
            made = {key: _linked(one) for key, one in inputs.items()} if isinstance(inputs, dict) else {}
            meta = value.get("_meta")
            title = meta.get("title") if isinstance(meta, dict) else None
            graph[str(name)] = Node(str(name), kind, made, title if isinstance(title, str) else "")
    return graph


def is_graph(table: Any) -> bool:
    """Whether a table is one of nodes."""
    return isinstance(table, dict) and any(isinstance(one, dict) and "class_type" in one for one in table.values())


def _linked(value: Any) -> Any:
    """The input, as a link when it is written as one: `[id, slot]`."""
    match value:
        case [str() | int() as node, int() as slot] if not isinstance(node, bool):
            return Link(str(node), slot)
    return value
