"""Do the colours of a sketch count? `python -m bench.colours` prints one JSON object, on the starter model or another.

A cat whose face, or whose paper, is filled by the bucket: how many pictures have the hue that was poured, and how well
they still follow the lines, by how much colours count. `--sheet` writes some of the pictures.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench._cat import COLOURS, FACE, PAPER, cat, edge_recall, hue_error, poured
from lab.core import Picture, Sketch
from lab.core.catalogue import chosen_model
from lab.core.params import recipe_param
from lab.core.reporter import NullReporter
from lab.pipelines.engine import DiffusersEngine
from lab.session import runner
from lab.session.requests import requested
from lab.tasks import plan

_NEAR = 30.0
"""Degrees: a median pixel this near to a hue has it. Blue and its neighbours, cyan and violet, are 60 apart."""
_SWEEP = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)


class _Cats:
    """Pictures of cats, and what is seen in them."""

    def __init__(self, model: str, device: str) -> None:
        self._engine, self._card = DiffusersEngine(device), chosen_model(model)
        self.drawn: dict[str, list[Picture]] = {}

    def figures(self, name: str, sketch: Sketch, colour: str, seeds: int, **settings: Any) -> dict[str, float]:
        """How many pictures have the colour, and how well they follow the lines."""
        made = self.drawn[name] = [self._picture(sketch, seed, **settings) for seed in range(seeds)]
        found = {"pictures": seeds, "edge_recall": round(float(np.mean([edge_recall(one) for one in made])), 3)}
        if sketch.is_coloured:
            away = [hue_error(one, sketch, colour) for one in made]
            found["of_that_hue"] = sum(one <= _NEAR for one in away)
            found["median_hue_error"] = round(float(np.median(away)), 1)
        return found

    def _picture(self, sketch: Sketch, seed: int, **settings: Any) -> Picture:
        asked = requested(self._card, "sketch_to_image", sketch=sketch, prompt="a cat", seed=seed, **settings)
        return runner.run(self._engine, plan(asked), NullReporter())[0]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.colours", description=__doc__)
    parser.add_argument("--seeds", type=int, default=32, help="pictures a figure (default: %(default)s)")
    parser.add_argument("--sweep", type=int, default=8, help="the same by colour_strength (default: %(default)s)")
    parser.add_argument(
        "--model", default="starter", help="sd15 or sdxl, where they are at hand (default: %(default)s)"
    )
    parser.add_argument("--device", default="cpu", help="where it draws (default: %(default)s)")
    parser.add_argument("--sheet", type=Path, help="PNG of some of the pictures, one row a figure")
    given = parser.parse_args()
    cats, blue = _Cats(given.model, given.device), COLOURS["blue"]
    found = {"lines_alone": cats.figures("lines", cat(), "", given.seeds)}
    for name, colour in COLOURS.items():
        filled = poured(cat(), FACE, colour)
        found[f"{name}_face"] = cats.figures(f"{name} face", filled, colour, given.seeds)
    found["blue_paper"] = cats.figures("blue paper", poured(cat(), PAPER, blue), blue, given.seeds)
    face, sweep = poured(cat(), FACE, blue), {}
    for strength in _SWEEP:
        sweep[f"{strength:g}"] = cats.figures(f"{strength:g}", face, blue, given.sweep, colour_strength=strength)
    if given.sheet:
        _sheet(cats.drawn).save(given.sheet)
    plain = found["lines_alone"]["edge_recall"]
    lost = {name: round(plain - one["edge_recall"], 3) for name, one in found.items()}
    usual = recipe_param("colour_strength").default
    figures = {
        "model": given.model,
        "colour_strength": usual,
        **found,
        "recall_lost": lost,
        "blue_face_by_strength": sweep,
    }
    print(json.dumps(figures, indent=1))


def _sheet(drawn: dict[str, list[Picture]], columns: int = 8) -> Image.Image:
    """The first pictures of each figure in a row."""
    rows = [np.hstack([one.pixels for one in made[:columns]]) for made in drawn.values()]
    wide = max(row.shape[1] for row in rows)
    return Image.fromarray(np.vstack([np.pad(row, ((0, 0), (0, wide - row.shape[1]), (0, 0))) for row in rows]))


if __name__ == "__main__":
    main()
