"""What is in memory, and who else than a model may be there: networks that read pictures, beside those that draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Resident:
    """One thing in memory: whose it is, what it is, its bytes, where, and why it is still there."""

    owner: str
    what: str
    bytes: int
    device: str
    why: str


class AuxiliaryNetworks(Protocol):
    """Networks of others in the engine's memory: counted there, and the first to go when it is full."""

    def residents(self) -> Sequence[Resident]:
        """What they hold now. Any thread."""
        ...

    def release(self) -> int:
        """Let go of it all, which is read again when it is needed; the bytes that are free by that. Any thread."""
        ...


def residents_of(auxiliaries: Sequence[AuxiliaryNetworks]) -> list[Resident]:
    """What they hold together. Any thread."""
    return [one for auxiliary in auxiliaries for one in auxiliary.residents()]


def bytes_of(auxiliaries: Sequence[AuxiliaryNetworks], device: str) -> int:
    """What they hold together on one kind of device, "cuda" or "cpu", whichever of several it is."""
    return sum(one.bytes for one in residents_of(auxiliaries) if one.device.partition(":")[0] == device)
