"""Do regions hear their own words? `python -m bench.regions` prints one JSON object, on the starter model.

Ten pairs of things, side by side, in ten seeds: in how many pictures each half has the colour of its words, with a
region for each, and with one prompt for both. `--sheet` writes a picture of each pair, regions above, one prompt below.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from bench._halves import PAIRS, halves, is_right
from lab.core import Picture, Recipe, Request
from lab.core.catalogue import model_card
from lab.core.conditioning import RegionGuide
from lab.core.reporter import NullReporter
from lab.pipelines.engine import DiffusersEngine
from lab.session import runner
from lab.tasks import plan


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=len(PAIRS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    engine = DiffusersEngine("cpu")
    found, sheet = {}, []
    for left, right in PAIRS[: options.pairs]:
        parts = halves(left, right, model_card("starter").native)
        apart = [_drawn(engine, "", parts, seed) for seed in range(options.seeds)]
        together = [_drawn(engine, f"{left} and {right}", [], seed) for seed in range(options.seeds)]
        counts = {
            "regions": sum(is_right(one, left, right) for one in apart),
            "one_prompt": sum(is_right(one, left, right) for one in together),
        }
        found[f"{left}, {right}"] = counts
        sheet.append(np.vstack([apart[0].pixels, together[0].pixels]))
    total = options.seeds * len(found)
    shares = {how: sum(one[how] for one in found.values()) / total for how in ("regions", "one_prompt")}
    if options.sheet:
        Image.fromarray(np.hstack(sheet)).save(options.sheet)
    print(json.dumps({"bench": "regions", "seeds": options.seeds, "right": found, "share_right": shares}))


def _drawn(engine: DiffusersEngine, prompt: str, parts: list[RegionGuide], seed: int) -> Picture:
    recipe = Recipe(model="starter", prompt=prompt, seed=seed, regions=tuple(one.value for one in parts))
    pictures = {one.picture.hash: one.picture for one in parts}
    return runner.run(engine, plan(Request(recipe, pictures)), NullReporter())[0]


if __name__ == "__main__":
    main()
