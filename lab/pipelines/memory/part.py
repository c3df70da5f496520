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
        bytes: what its pieces take, by their name.
        drop: lets go of it.
        device: where it is, for the report.
        move: brings its weights to a device; None for what is read anew instead when it comes back.
        goes_along: whether its weights lie in those of the model, and move with them and only so.
        resident_bytes: what of it is on the device at once, where that is less than all of it.
        rests_elsewhere: whether it is on the device only while the job at work uses it.
    """

    owner: str
    what: str
    bytes: Mapping[str, int]
    drop: Callable[[], None]
    device: str = "cpu"
    move: Callable[[torch.device], None] | None = None
    goes_along: bool = False
    resident_bytes: int | None = None
    rests_elsewhere: bool = False
    used_at: float = field(default=0.0)

    @property
    def name(self) -> tuple[str, str]:
        """Owner and kind, by which the budget knows it: one of each pair."""
        return self.owner, self.what

    @property
    def all_bytes(self) -> int:
        """Bytes of all its pieces, wherever they are."""
        return sum(self.bytes.values())

    @property
    def weight(self) -> int:
        """What it takes on the device when it is there."""
        return self.all_bytes if self.resident_bytes is None else self.resident_bytes
