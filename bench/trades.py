"""What trading exactness for speed gives and takes: `python -m bench.trades` prints one JSON object.

A picture from words is drawn both ways, in turn, at its model's own number of steps; `lab.cost` measures the same for
any model and picture. With `--full-size` on a Stable Diffusion 1.5 with random weights as well, made in a temporary
folder (4 GB), with pictures of 256 pixels a side: there only the time means something, since what it draws is noise.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from bench.engine import full_size_subject
from lab.core import BadInput, Recipe, Request
from lab.core.model_card import ACCELERATIONS
from lab.core.reporter import NullReporter
from lab.pipelines.engine import DiffusersEngine
from lab.session.runner import cost
from lab.tasks import plan


def measure(model: str) -> dict[str, dict[str, float]]:
    """Seconds a picture both ways, and how far the traded one is off, of each acceleration that works here."""
    engine, found = DiffusersEngine(), {}
    for acceleration in ACCELERATIONS:
        asked = Request(Recipe(model=model, acceleration=acceleration, prompt="a red apple", seed=7))
        try:
            planned = plan(asked)
        except BadInput:  # no compiler
            continue
        measured = cost(engine, planned, NullReporter())
        found[acceleration] = {name: round(value, 3) for name, value in asdict(measured).items()}
        found[acceleration]["times_as_fast"] = round(measured.exact_s / measured.traded_s, 2)
    return found


def main() -> None:
    """Parse the options, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.trades", description=__doc__)
    parser.add_argument("--full-size", action="store_true", help="the same on the full-size model: minutes")
    options = parser.parse_args()
    found = {"starter": measure("starter")}
    if options.full_size:
        with tempfile.TemporaryDirectory() as folder:
            found["full_size_sd15"] = measure(full_size_subject(Path(folder)).model)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
