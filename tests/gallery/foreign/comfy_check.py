"""ComfyUI's own check of a graph, from a table of its nodes: names, types, ranges, choices, links, no circle."""

from __future__ import annotations

from typing import Any

_CONSTANTS = {"INT": int, "FLOAT": (int, float), "STRING": str, "BOOLEAN": bool, "COMBO": str}


def faults(graph: dict[str, Any], table: dict[str, Any]) -> list[str]:
    """What ComfyUI would refuse; the table is that of `comfy-nodes.json`."""
    found = []
    outputs = [name for name, node in graph.items() if table["nodes"][node["class_type"]].get("output_node")]
    if not outputs:
        found.append("nothing is saved")
    for name, node in graph.items():
        known = {one["name"]: one for one in table["nodes"][node["class_type"]]["inputs"]}
        for key, value in node["inputs"].items():
            if key not in known:
                found.append(f"{name}: {node['class_type']} has no input {key}")
            else:
                found += [f"{name}.{key}: {fault}" for fault in _fault(value, known[key], graph, table)]
        found += [
            f"{name}: {node['class_type']} needs {key}"
            for key, one in known.items()
            if one["need"] == "required" and key not in node["inputs"]
        ]
    return found + [f"{name} depends on itself" for name in graph if _goes_round(name, graph)]


_LEFT_EMPTY = {"ModelSamplingAuraFlow": ["MODEL"], "RandomNoise": ["NOISE"]}
"""Outputs that the table leaves out."""


def _fault(value: Any, known: dict[str, Any], graph: dict[str, Any], table: dict[str, Any]) -> list[str]:
    kind = known["type"]
    if isinstance(value, list):
        origin = graph[value[0]]["class_type"]
        gives = table["nodes"][origin]["outputs"] or _LEFT_EMPTY[origin]
        return [] if gives[value[1]] == kind else [f"{gives[value[1]]} is no {kind}"]
    if kind not in _CONSTANTS or not isinstance(value, _CONSTANTS[kind]):
        return [f"{value!r} is no {kind}"]
    if kind != "BOOLEAN" and isinstance(value, bool):
        return [f"{value!r} is no {kind}"]
    choices = known.get("options") or table.get(known.get("options_of", ""))
    if choices and value not in choices:
        return [f"{value!r} is none of {choices}"]
    if isinstance(value, int | float) and not known.get("min", value) <= value <= known.get("max", value):
        return [f"{value} is not within {known.get('min')} and {known.get('max')}"]
    return []


def _goes_round(name: str, graph: dict[str, Any]) -> bool:
    waiting, seen = [name], set()
    while waiting:
        for value in graph[waiting.pop()]["inputs"].values():
            if isinstance(value, list):
                if value[0] == name:
                    return True
                if value[0] not in seen:
                    seen.add(value[0])
                    waiting.append(value[0])
    return False
