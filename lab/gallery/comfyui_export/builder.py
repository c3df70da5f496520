"""Builds a graph of ComfyUI node by node: numbers them, links them, and knows in which part of the page each lies."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from lab.gallery.foreign.comfyui.graph import Link

Part = Literal["input", "words", "steering", "drawing", "output"]
PARTS: tuple[Part, ...] = ("input", "words", "steering", "drawing", "output")
"""The titled groups of the page, from left to right."""


class Placed(NamedTuple):
    """A node: what it does, what goes in, its title, and the group in which it lies."""

    kind: str
    inputs: dict[str, Any]
    title: str
    part: Part


class Builder:
    """A ComfyUI graph in the making: nodes by id, pictures by file name, and what could not be said in it."""

    def __init__(self) -> None:
        self.nodes: dict[str, Placed] = {}
        self.said: list[str] = []
        self.pictures: dict[str, Any] = {}

    def add(self, part: Part, kind: str, title: str = "", **inputs: Any) -> str:
        """Add a node of a ComfyUI class with its inputs, values or links; answers its id."""
        name = str(len(self.nodes) + 1)
        self.nodes[name] = Placed(kind, inputs, title or kind, part)
        return name

    def say(self, sentence: str) -> None:
        """Say once what is not carried, or differs."""
        if sentence not in self.said:
            self.said.append(sentence)

    def prompt(self) -> dict[str, Any]:
        """The graph as ComfyUI's API takes it."""
        return {
            name: {
                "class_type": node.kind,
                "inputs": {key: [*one] if isinstance(one, Link) else one for key, one in node.inputs.items()},
                "_meta": {"title": node.title},
            }
            for name, node in self.nodes.items()
        }


def of(node: str, slot: int = 0) -> Link:
    """A link to a node's output by its number, for another one's inputs."""
    return Link(node, slot)
