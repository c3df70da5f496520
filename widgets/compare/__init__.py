"""Two pictures against each other."""

from widgets.compare.compare import Compare

__all__ = ["Compare"]
