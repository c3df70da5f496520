"""What trading exactness for speed gives and takes: `python -m bench.trades` prints one JSON object.

The starter model draws the same picture from words both ways, in turn, at its own number of steps; `lab.cost` measures
the same for any model and picture.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from lab.core import BadInput, Recipe, Request
from lab.core.hooks import Nobody
from lab.core.model_card import TRADES
from lab.pipelines.engine import DiffusersEngine
from lab.tasks import plan


def measure() -> dict[str, dict[str, float]]:
    """Seconds a picture both ways, and how far the traded one is off, of each trade that works here."""
    engine, found = DiffusersEngine(), {}
    for trade in TRADES:
        asked = Request(Recipe(model=f"starter + {trade}", prompt="a red apple", seed=7))
        try:
            plan(asked)
        except BadInput:  # no compiler
            continue
        cost = engine.cost(asked, Nobody())
        found[trade] = {name: round(value, 3) for name, value in asdict(cost).items()}
        found[trade]["times_as_fast"] = round(cost.exact_s / cost.traded_s, 2)
    return found


if __name__ == "__main__":
    print(json.dumps({"starter": measure()}, indent=1))
