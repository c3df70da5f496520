"""A cat whose face is filled in blue comes out blue, on the shipped weights, by the line that a person writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench._cat import COLOURS, FACE, PAPER, cat, edge_recall, hue_error, poured
from lab import Lab, Picture, Sketch

pytestmark = pytest.mark.starter
NEAR = 30.0
"""Degrees."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    home: Path = tmp_path_factory.mktemp("home")
    with Lab(home=home) as lab:
        yield lab


def made(lab: Lab, sketch: Sketch, seed: int, **settings: object) -> Picture:
    return lab.run("sketch_to_image", sketch=sketch, prompt="a cat", seed=seed, **settings).wait().picture


@pytest.mark.parametrize("steps", [12, 4])  # the default's, and Live's quick ones
def test_a_face_that_is_filled_in_blue_is_blue_and_follows_its_lines(lab: Lab, steps: int) -> None:
    blue = COLOURS["blue"]
    sketch = poured(cat(), FACE, blue)
    away, recall, plain = [], [], []
    for seed in range(3):
        picture = made(lab, sketch, seed, steps=steps)
        away.append(hue_error(picture, sketch, blue))
        recall.append(edge_recall(picture))
        plain.append(edge_recall(made(lab, cat(), seed, steps=steps)))
    assert max(away) <= NEAR, f"degrees from blue: {away}"
    assert np.mean(recall) > np.mean(plain) - 0.06, f"edge recall {recall}, without colours {plain}"
    ignored = made(lab, sketch, 0, steps=steps, colour_strength=0.0)
    assert hue_error(ignored, sketch, blue) > 2 * NEAR


def test_a_flooded_paper_does_not_destroy_the_picture(lab: Lab) -> None:
    sketch = poured(cat(), PAPER, COLOURS["blue"])
    picture = made(lab, sketch, 0)
    assert edge_recall(picture) > 0.85
    assert hue_error(picture, sketch, COLOURS["blue"]) <= NEAR
