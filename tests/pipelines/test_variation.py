"""A picture a little like another: its noise, turned towards that of a second seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lab.core import BadInput, Recipe, Request
from lab.pipelines.variation import slerp
from tests.pipelines.bare_diffusers import photo
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

SIZE = {"width": 64, "height": 64}


def drawn(engine: DrawingEngine, model: str, **changes: Any) -> np.ndarray:
    recipe = Recipe(model=model, **{"prompt": "a cat", "seed": 3, "steps": 2, **SIZE, **changes})
    return engine.run(Request(recipe), Told())[0].pixels.astype(int)


def noise(seed: int) -> torch.Tensor:
    return torch.randn(1, 2, 5, 3, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("share", [0.0, 0.15, 0.5, 1.0])
def test_noise_is_turned_column_by_column(share: float) -> None:
    first, second = noise(1), noise(2)
    made = slerp(share, first, second)
    for channel in range(2):
        for column in range(3):
            one, other = (side[0, channel, :, column].numpy().astype(float) for side in (first, second))
            cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
            angle = np.arccos(cosine)
            wanted = (np.sin((1 - share) * angle) * one + np.sin(share * angle) * other) / np.sin(angle)
            assert made[0, channel, :, column].numpy() == pytest.approx(wanted, abs=1e-5)


def test_turned_noise_is_as_strong_as_noise() -> None:
    first, second = (torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    assert slerp(0.5, first, second).std() == pytest.approx(1.0, abs=0.02)
    assert ((first + second) / 2).std() < 0.75, "a mean of both would be weaker"


def test_the_same_noise_stays() -> None:
    assert torch.equal(slerp(0.3, noise(1), noise(1)), noise(1) * 0.7 + noise(1) * 0.3)


@pytest.mark.parametrize("model", ["starter", "sd15", "sdxl", "z-image"])
def test_a_variation_goes_from_one_seeds_picture_to_the_others(engine: DrawingEngine, model: str) -> None:
    here, there = drawn(engine, model), drawn(engine, model, seed=9)
    ways = [drawn(engine, model, variation_seed=9, variation_strength=share) for share in (0.0, 0.1, 1.0)]
    assert np.array_equal(ways[0], here)
    assert np.array_equal(ways[2], there)
    assert 0 < np.abs(ways[1] - here).mean() < np.abs(there - here).mean()
    assert np.array_equal(drawn(engine, model), here), "nothing of it stays"


@pytest.mark.usefixtures("_bare_task")
@pytest.mark.parametrize("task", ["image_to_image", "bare_inpaint"])
def test_a_redrawn_picture_varies_too(engine: DrawingEngine, task: str) -> None:
    from lab.core import Size
    from tests.pipelines.bare_diffusers import hard_mask

    image, mask = photo(Size(64, 64)), hard_mask(Size(64, 64)).to_picture()
    fields = {"image": image.hash, "strength": 0.7} | ({"mask": mask.hash} if task == "bare_inpaint" else {})
    made = []
    for strength in (0.0, 0.2):
        recipe = Recipe(
            task=task, model="sd15", prompt="a cat", steps=4, variation_seed=5, variation_strength=strength, **fields
        )
        request = Request(recipe, {image.hash: image, mask.hash: mask})
        made.append(engine.run(request, Told())[0].pixels)
    assert not np.array_equal(*made)


@pytest.mark.parametrize("strength", [-0.1, 1.1])
def test_a_strength_out_of_bounds_is_refused(strength: float) -> None:
    with pytest.raises(BadInput, match="variation_strength"):
        Recipe(variation_strength=strength)
