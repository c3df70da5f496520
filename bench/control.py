"""Do the controls do what they say? `python -m bench.control` prints one JSON object, on the starter model.

Edges of the picture against the control map as the weight goes up, with the control in a part of the steps only, and
the distance from the input as the strength goes up. Means over four pictures of the notebooks and three seeds.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lab import Lab, Picture
from lab.core import control

_PICTURES = Path(__file__).parent.parent / "notebooks" / "pictures"
_THINGS = {"apple": "red apple", "plant": "potted plant", "shoe": "running shoe", "teapot": "teapot"}
_SEEDS = (0, 1, 2)
_STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
_NEAR_PX = 5
"""An edge counts as found within 2 % of 256 pixels."""


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as home, Lab(home=home) as lab:
        by_weight = {f"{weight:g}": _followed(lab, weight=weight) for weight in _STEPS}
        spans = {"none": (0.0, 0.01), "0-0.3": (0.0, 0.3), "0.7-1": (0.7, 1.0), "0-1": (0.0, 1.0)}
        by_span = {name: _followed(lab, start=start, end=end) for name, (start, end) in spans.items()}
        by_strength = {f"{strength:g}": _distance(lab, strength) for strength in _STEPS}
    print(
        json.dumps(
            {
                "edge_recall_by_weight": by_weight,
                "edge_recall_by_span_of_steps": by_span,
                "distance_by_strength": by_strength,
                "weight_monotone": _rises(by_weight),
                "strength_monotone": _rises(by_strength),
                "strength_0_returns_the_input": by_strength["0"] == 0,
                "early_counts_more_than_late": by_span["0-0.3"] > by_span["0.7-1"],
            }
        )
    )


def _followed(lab: Lab, **guide: float) -> float:
    """The share of the control map's lines that the picture has an edge near, 0..1."""
    found = []
    for name, words in _THINGS.items():
        photo = Picture.of(_PICTURES / f"{name}.jpg").resized(lab.card.native)
        followed = control(photo, "canny", **guide)
        lines = cv2.Canny(photo.pixels, 100, 200) > 0
        for seed in _SEEDS:
            settings: dict[str, Any] = {"prompt": words, "seed": seed, "controls": [followed]}
            made = lab.run("control_to_image", **settings).wait().picture
            near = cv2.dilate(cv2.Canny(made.pixels, 50, 100), np.ones((2 * _NEAR_PX + 1,) * 2, np.uint8)) > 0
            found.append(float(near[lines].mean()))
    return round(float(np.mean(found)), 3)


def _distance(lab: Lab, strength: float) -> float:
    """How far the picture is from the input, mean difference, 0..1."""
    far = []
    for name in _THINGS:
        photo = Picture.of(_PICTURES / f"{name}.jpg").resized(lab.card.native)
        for seed in _SEEDS:
            settings: dict[str, Any] = {"prompt": "a green leaf", "seed": seed, "strength": strength}
            made = lab.run("image_to_image", image=photo, **settings).wait().picture
            far.append(float(np.abs(made.pixels.astype(float) - photo.pixels).mean() / 255))
    return round(float(np.mean(far)), 4)


def _rises(figures: dict[str, float], noise: float = 0.01) -> bool:
    values = list(figures.values())
    return all(later >= earlier - noise for earlier, later in itertools.pairwise(values))


if __name__ == "__main__":
    main()
