"""One thing that a memory budget counts. Knows no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch


@dataclass
class Part:
    """One thing that can be in memory, and be dropped alone.

    Args:
        owner: the model it belongs to, or its own kind.
        what: what it is; unique with the owner. Empty for the model itself, whose going takes all else of it along.
        bytes: what its pieces take on the device, by their name.
        drop: lets go of it.
        device: where it is, for the report.
        move: brings its weights to a device; None for what is read anew instead when it comes back.
        goes_along: whether its weights lie in those of the model, and move with them and only so.
        elsewhere: what its pieces take that rest in the machine's memory, and come to the device layer by layer.
        largest_layer: what those layers take on the device at work, at most.
    """

    owner: str
    what: str
    bytes: Mapping[str, int]
    drop: Callable[[], None]
    device: str = "cpu"
    move: Callable[[torch.device], None] | None = None
    goes_along: bool = False
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    largest_layer: int = 0
    used_at: float = field(default=0.0)

    @property
    def name(self) -> tuple[str, str]:
        """Owner and kind, by which the budget knows it: one of each pair."""
        return self.owner, self.what

    @property
    def all_bytes(self) -> int:
        """What its pieces take together, wherever they are."""
        return sum(self.bytes.values()) + sum(self.elsewhere.values())

    @property
    def weight(self) -> int:
        """What it takes on the device when it is at work there."""
        return sum(self.bytes.values()) + self.largest_layer
