"""A network makes a picture four times larger; a person may want less, and only what is wanted counts."""

from __future__ import annotations

import numpy as np
import pytest

from lab.core import BadInput, Picture, Recipe, Request, Size
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import PHOTO
from tests.pipelines.reporters import Told

WIDE = PHOTO.resized(Size(300, 120))


def enlarged(engine: DrawingEngine, factor: int) -> Picture:
    return engine.run(
        Request(Recipe(task="upscale", image=WIDE.hash, settings={"factor": factor}), {WIDE.hash: WIDE}), Told()
    )[0]


@pytest.mark.parametrize("factor", [2, 3])
def test_a_smaller_factor_is_the_picture_of_the_network_made_smaller(engine: DrawingEngine, factor: int) -> None:
    whole = enlarged(engine, 4).resized(Size(300 * factor, 120 * factor))
    made = enlarged(engine, factor)
    difference = np.abs(made.pixels.astype(int) - whole.pixels)
    assert made.size == whole.size
    assert difference.max() <= 2, f"differs by {difference.max()}"


def test_only_the_size_that_is_wanted_counts_against_the_limit(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.retouch.tiles.MAX_PIXELS", 600 * 240)
    assert enlarged(engine, 2).size == Size(600, 240)
    with pytest.raises(BadInput, match="300x120 made 3 times larger is 900x360"):
        enlarged(engine, 3)
