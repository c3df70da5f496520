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
    """

    residents: tuple[Resident, ...] = ()
    limit_bytes: int = 0

    @property
    def bytes(self) -> int:
        """What they take together."""
        return sum(one.bytes for one in self.residents)

    def __str__(self) -> str:
        """A table, one line a thing."""
        lines = [f"{'of':<10} {'what':<34} {'MB':>9}  {'device':<8} why"]
        lines += [
            f"{one.owner:<10.10} {one.what:<34.34} {one.bytes / 1e6:>9.1f}  {one.device:<8} {one.why}"
            for one in self.residents
        ]
        lines.append(f"{'together':<45} {self.bytes / 1e6:>9.1f}  of {self.limit_bytes / 1e6:.1f} MB")
        return "\n".join(lines)

    __repr__ = __str__
