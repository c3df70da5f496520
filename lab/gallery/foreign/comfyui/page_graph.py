"""The graph of ComfyUI's page (`workflow`) as what would have run: what only passes on or does not run is taken out."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from lab.gallery.foreign.comfyui.graph import MOST_NODES, Graph, Link, Node
from lab.gallery.foreign.comfyui.node_table import SEEDS, node_kinds

_MUTED, _BYPASSED = 2, 4
"""What `mode` says of a node."""
_INTO, _OUT_OF = -10, -20
"""The ids of a subgraph's own ends."""
_MOST_NESTED = 10
_MOST_STEPS = 300
_AFTER_A_SEED = ("fixed", "randomize", "increment", "decrement")
_DRAWN_ONLY = ("Note", "MarkdownNote", "PrimitiveNode", "Reroute", "SetNode", "GetNode")


def is_page_graph(table: Any) -> bool:
    """Whether a table is a graph as the page keeps it."""
    return isinstance(table, dict) and isinstance(table.get("nodes"), list) and isinstance(table.get("links"), list)


def graph_of_page(table: dict[str, Any]) -> tuple[Graph, list[str]]:
    """The nodes that would have run, and what there is to say of the rest."""
    page = _Page()
    definitions = table.get("definitions")
    listed = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    page.definitions = {
        str(one.get("id")): one for one in (listed if isinstance(listed, list) else []) if isinstance(one, dict)
    }
    page.lay_out(table, "", 0)
    graph = Graph()
    for name, node in page.nodes.items():
        kind = str(node.get("type"))
        if kind in _DRAWN_ONLY or node.get("mode") in (_MUTED, _BYPASSED) or kind in page.definitions:
            continue
        if kind.startswith(("workflow>", "workflow/")):
            page.said.append(f"the group node {kind[9:]} is not taken apart")
        title = node.get("title")
        graph[name] = Node(name, kind, page.inputs_of(name, node), title if isinstance(title, str) else "")
    return graph, page.said


class _Origin(NamedTuple):
    """An output of a node, by the node's whole name."""

    node: str
    slot: int


class _Page:
    """All nodes of a graph and of its subgraphs, by names that say where they lie: "30:8" is node 8 of subgraph 30."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.definitions: dict[str, dict[str, Any]] = {}
        self.said: list[str] = []
        self._incoming: dict[tuple[str, int], _Origin] = {}
        self._outgoing: dict[tuple[str, int], _Origin] = {}

    def lay_out(self, table: dict[str, Any], prefix: str, depth: int) -> None:
        """Take in the nodes and links of a graph; those of its subgraphs under longer names."""
        nodes, links = table.get("nodes"), table.get("links")
        for node in nodes if isinstance(nodes, list) else ():
            if not isinstance(node, dict) or not isinstance(node.get("type"), str) or len(self.nodes) >= MOST_NODES:
                continue
            name = f"{prefix}{node.get('id')}"
            self.nodes[name] = node
            inner = self.definitions.get(node["type"])
            if inner is not None and depth < _MOST_NESTED:
                self.lay_out(inner, f"{name}:", depth + 1)
        for link in links if isinstance(links, list) else ():
            ends = _ends(link)
            if ends is None:
                continue
            origin, slot, target, at = ends
            if target == str(_OUT_OF) and prefix:
                self._outgoing[prefix[:-1], at] = _Origin(f"{prefix}{origin}", slot)
            else:
                self._incoming[f"{prefix}{target}", at] = _Origin(f"{prefix}{origin}", slot)

    def inputs_of(self, name: str, node: dict[str, Any]) -> dict[str, Any]:
        """The inputs of a node as the API has them."""
        found = _typed_in(node)
        for at, one in enumerate(_dicts(node.get("inputs"))):
            came = self._came(name, at)
            if came is not None:
                found[str(one.get("name"))] = came
        return found

    def _came(self, name: str, at: int) -> Any:
        """What comes into an input: a link to a node that runs, or a constant; None when nothing does."""
        origin = self._incoming.get((name, at))
        for _ in range(_MOST_STEPS):
            if origin is None:
                return None
            node = self.nodes.get(origin.node)
            if node is None:
                following = self._outside(origin)
                if not isinstance(following, _Origin | None):
                    return following
                origin = following
            elif (following := self._behind(origin, node)) == origin:
                return Link(origin.node, origin.slot)
            elif isinstance(following, _Origin | None):
                origin = following
            else:
                return following
        return None

    def _outside(self, origin: _Origin) -> Any:
        """What comes into a subgraph from the graph that it lies in, or what is typed in on its node there."""
        name, _, end = origin.node.rpartition(":")
        outer = self.nodes.get(name)
        if outer is None or end != str(_INTO):
            return None
        definition = self.definitions.get(str(outer.get("type")), {})
        ports, own = _dicts(definition.get("inputs")), _dicts(outer.get("inputs"))
        wanted = ports[origin.slot].get("name") if origin.slot < len(ports) else None
        for at, one in enumerate(own):
            if one.get("name") == wanted:
                linked = self._incoming.get((name, at))
                return linked or _typed_in(outer).get(str(wanted))
        return None

    def _behind(self, origin: _Origin, node: dict[str, Any]) -> Any:
        """The output that is meant where a node only passes on; the same one where the node runs; else a constant."""
        kind, mode = node.get("type"), node.get("mode")
        found: Any = origin
        if mode == _MUTED:
            found = None
        elif mode == _BYPASSED:
            found = self._past(origin, node)
        elif kind in self.definitions:
            found = self._outgoing.get((origin.node, origin.slot))
        elif kind == "PrimitiveNode":
            values = node.get("widgets_values")
            found = values[0] if isinstance(values, list) and values and isinstance(values[0], _CONSTANT) else None
        elif kind in ("Reroute", "SetNode"):
            found = self._incoming.get((origin.node, 0))
        elif kind == "GetNode":
            found = self._set(node)
        return found

    def _set(self, node: dict[str, Any]) -> _Origin | None:
        """What the node that sets a name is given, for one that gets it."""
        named = (node.get("widgets_values") or [None])[:1] if isinstance(node.get("widgets_values"), list) else []
        for name, other in self.nodes.items():
            values = other.get("widgets_values")
            if other.get("type") == "SetNode" and isinstance(values, list) and values[:1] == named != []:
                return self._incoming.get((name, 0))
        return None

    def _past(self, origin: _Origin, node: dict[str, Any]) -> _Origin | None:
        """What a bypassed node is given of the type that it would have given: the same slot's, or the first's."""
        outputs, inputs = _dicts(node.get("outputs")), _dicts(node.get("inputs"))
        kind = outputs[origin.slot].get("type") if origin.slot < len(outputs) else None
        same = [at for at, one in enumerate(inputs) if one.get("type") == kind]
        chosen = origin.slot if origin.slot in same else next(iter(same), -1)
        return self._incoming.get((origin.node, chosen))


_CONSTANT = str | int | float | bool


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []


def _ends(link: Any) -> tuple[str, int, str, int] | None:
    """Origin and its slot, target and its slot, of a link in either form."""
    match link:
        case [_, str() | int() as origin, int() as slot, str() | int() as target, int() as at, *_]:
            return str(origin), slot, str(target), at
        case {"origin_id": origin, "origin_slot": int() as slot, "target_id": target, "target_slot": int() as at}:
            return str(origin), slot, str(target), at
    return None


def _typed_in(node: dict[str, Any]) -> dict[str, Any]:
    """The values on a node by the names of its inputs; those of nodes that are not known where they are named."""
    values = node.get("widgets_values")
    if isinstance(values, dict):
        return {str(name): value for name, value in values.items()}
    left = list(values) if isinstance(values, list) else []
    known = node_kinds().get(str(node.get("type")))
    if known is None:
        named = [str(one.get("name")) for one in _dicts(node.get("inputs")) if one.get("widget")]
        kept = [value for value in left if value not in _AFTER_A_SEED]
        return dict(zip(named, kept, strict=True)) if len(named) == len(kept) else {}
    found: dict[str, Any] = {}
    for name in known.widgets:
        if not left:
            break
        value = left.pop(0)
        if not _fits(value, known.inputs[name]):
            return {}
        found[name] = _without_remarks(value) if known.inputs[name] == "STRING" else value
        if name in (*SEEDS, "value") and left and (left[0] in _AFTER_A_SEED or isinstance(left[0], bool)):
            left.pop(0)
    return found


def _fits(value: Any, kind: str) -> bool:
    """Whether a value is of that type; where one is not, the values stand in another order than is known."""
    if kind in ("INT", "FLOAT"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, bool) if kind == "BOOLEAN" else isinstance(value, str | int | float)


def _without_remarks(text: Any) -> Any:
    """The words without `/* remarks */` and what stands behind `//`, which the page leaves out when it runs."""
    if not isinstance(text, str):
        return text
    kept, at = list[str](), 0
    while (start := text.find("/*", at)) >= 0 and (end := text.find("*/", start + 2)) >= 0:
        kept.append(text[at:start])
        at = end + 2
    return re.sub(r"//.*", "", "".join([*kept, text[at:]]))
