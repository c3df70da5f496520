"""The shipped upscaler is a plain spandrel model and beats bicubic; its training pairs fit together."""

import cv2
import numpy as np
import pytest
import torch

from lab import starter
from lab.starter.train import upscaler


def _shapes(number: int) -> np.ndarray:
    rng = np.random.default_rng(number)
    page = np.full((256, 256, 3), 255, np.uint8)
    for _ in range(5):
        colour = tuple(int(each) for each in rng.integers(0, 220, 3))
        centre = tuple(int(each) for each in rng.integers(50, 206, 2))
        axes = tuple(int(each) for each in rng.integers(14, 60, 2))
        cv2.ellipse(page, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    return page


@pytest.mark.starter
def test_spandrel_loads_the_file_unchanged():
    from spandrel import ModelLoader

    found = ModelLoader("cpu").load_from_file(starter.WEIGHTS / upscaler.FILE)
    assert found.architecture.id == "Compact"
    assert (found.scale, found.input_channels, found.output_channels) == (4, 3, 3)


@pytest.mark.starter
def test_it_beats_bicubic_on_shapes_it_never_saw():
    from spandrel import ModelLoader

    model = ModelLoader("cpu").load_from_file(starter.WEIGHTS / upscaler.FILE).model.float().eval()
    ours, bicubic = upscaler.compared_db(model, np.stack([_shapes(number) for number in range(4)]))
    assert ours > bicubic + 2, f"{ours:.2f} dB, bicubic {bicubic:.2f} dB"


def test_an_untrained_upscaler_enlarges_plainly():
    small = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        made = upscaler.build()(small)
    assert torch.equal(made, small.repeat_interleave(4, 2).repeat_interleave(4, 3))


def test_training_pairs_show_the_same_thing():
    from lab.starter.train.pool import Pool

    pool = Pool(np.stack([_shapes(number) for number in range(3)]), np.zeros((3, 2, 8)), [], [])
    small, large = upscaler.pairs(pool, np.random.default_rng(0), count=6)
    assert small.shape == (6, 3, 32, 32)
    assert large.shape == (6, 3, 128, 128)
    apart = (torch.nn.functional.avg_pool2d(large, 4) - small).abs().mean()
    assert apart < 0.05, f"{apart:.3f} apart"
