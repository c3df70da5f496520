"""What is in memory and why, as values to look at; loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from lab.core.resident_models import Resident


@dataclass(frozen=True, repr=False)
class MemoryReport:
    """Everything that the lab holds in memory; prints as a table.

    Args:
        residents: by owner, in the order in which they came.
        limit_bytes: how much they may take together; 0 before an engine has started.
        parked: what gave way on a GPU and waits in the machine's memory, so that no file is read when it comes back.
    """

    residents: tuple[Resident, ...] = ()
    limit_bytes: int = 0
    parked: tuple[Resident, ...] = ()

    @property
    def bytes(self) -> int:
        """Bytes that all residents take together."""
        return sum(one.bytes for one in self.residents)

    def __str__(self) -> str:
        """A table, one line a thing."""
        lines = [f"{'of':<10} {'what':<34} {'MB':>9}  {'device':<8} why"]
        lines += map(_line, self.residents)
        lines.append(f"{'together':<45} {self.bytes / 1e6:>9.1f}  of {self.limit_bytes / 1e6:.1f} MB")
        if self.parked:
            lines += ["", "in the machine's memory, until they are drawn with again:", *map(_line, self.parked)]
        return "\n".join(lines)

    __repr__ = __str__


def _line(one: Resident) -> str:
    return f"{one.owner:<10.10} {one.what:<34.34} {one.bytes / 1e6:>9.1f}  {one.device:<8} {one.why}"
