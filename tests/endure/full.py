"""How much of a storm is run: a seeded share of it by default, all of it with `SKETCHLAB_ENDURE=full`."""

from __future__ import annotations

import os

IS_FULL = os.environ.get("SKETCHLAB_ENDURE") == "full"


def times(full: int, share: int) -> int:
    """How often something is tried."""
    return full if IS_FULL else share
