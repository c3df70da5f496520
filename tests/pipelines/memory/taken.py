"""What a machine takes of its GPU."""

from __future__ import annotations

TAKEN_BYTES = 600_000_000
"""Of a GPU by its driver and the screen, before the lab begins."""
