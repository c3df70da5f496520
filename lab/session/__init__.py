"""The front door's rooms joined: a lab of a named session on a model."""

from lab.session.grid import combinations
from lab.session.lab import Lab
from lab.session.registry import open_lab

__all__ = ["Lab", "combinations", "open_lab"]
