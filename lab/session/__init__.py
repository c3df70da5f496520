"""The front door's rooms joined: a lab of a named session on a model."""

from lab.session._grid import combinations
from lab.session._lab import Lab, open_lab

__all__ = ["Lab", "combinations", "open_lab"]
