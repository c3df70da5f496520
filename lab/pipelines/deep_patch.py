"""What reaches deeper into a library than its documented ways: tried first, and left out when that fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property


@dataclass(eq=False)
class DeepPatch:
    """One such thing; a newer library may take away what it stands on, and then the lab works without it.

    Args:
        what: it does, in words.
        without: what is to be known while it is off.
        check: tries it on something small; raises whatever the library raises, or RuntimeError, when it fails.
    """

    what: str
    without: str
    check: Callable[[], None]

    @cached_property
    def why_off(self) -> str:
        """Why it does not hold, in words; empty when it does. Tried once in a process."""
        try:
            self.check()
        except Exception as error:
            said = str(error).strip().partition("\n")[0]
            return f"{type(error).__name__}: {said}" if said else type(error).__name__
        return ""

    @property
    def is_on(self) -> bool:
        """Whether the library is as the patch expects it; `why_off` says what is not."""
        return not self.why_off

    def __str__(self) -> str:
        """A line for `doctor`."""
        return f"{self.what}: on" if self.is_on else f"{self.what}: off, {self.without} ({self.why_off})"
