"""Which inputs and outputs ComfyUI's nodes have, in which order: what its page's form leaves out, and its API wants."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

WIDGETS = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"})
"""The types of inputs that are typed in on the page, unless they are linked."""
SEEDS = ("seed", "noise_seed")
"""Inputs behind whose value the page keeps what to do with it after a drawing."""


class NodeKind(NamedTuple):
    """The types of a node's inputs by name, and of its outputs."""

    inputs: dict[str, str]
    outputs: tuple[str, ...]

    @property
    def widgets(self) -> list[str]:
        """The inputs that are typed in, in order."""
        return [name for name, kind in self.inputs.items() if kind in WIDGETS]


@functools.cache
def node_kinds() -> dict[str, NodeKind]:
    """The kinds of node that are known, by name."""
    found = {}
    for line in Path(__file__).with_name("core_nodes.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, inputs, outputs = (part.strip() for part in f"{line} ".split(" |"))
            found[name] = NodeKind(dict(one.split(":") for one in inputs.split()), tuple(outputs.split()))
    return found
