"""The promise: style and composition come through the very blocks that InstantStyle names, as diffusers does it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DiffusionPipeline, UNet2DConditionModel

from lab.core import Picture, Request, Size, reference
from lab.core.catalogue import CATALOGUE, IpAdapter
from lab.pipelines.families import FAMILIES
from lab.pipelines.library_logging import quiet_libraries
from tests.pipelines.bare_diffusers import asked, photo
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told
from tests.pipelines.tiny import make_ip_adapter

BLOCKS = {
    "sd15": {
        "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
        "block_out_channels": (16, 16, 32, 32),
        "layers_per_block": 2,
    },
    "sdxl": {
        "down_block_types": ("DownBlock2D",) + ("CrossAttnDownBlock2D",) * 2,
        "up_block_types": ("CrossAttnUpBlock2D",) * 2 + ("UpBlock2D",),
        "block_out_channels": (16, 16, 32),
        "layers_per_block": 2,
        "transformer_layers_per_block": (1, 1, 2),
    },
}
"""How the real UNets are built up; only their channels are fewer."""
WEIGHT = 0.8
SCALES: dict[tuple[str, str], Any] = {
    ("sdxl", "style"): {"up": {"block_0": [0.0, WEIGHT, 0.0]}},  # as diffusers' guide to IP-Adapters has it
    ("sdxl", "composition"): {"down": {"block_2": [0.0, WEIGHT]}},
    ("sd15", "composition"): {"down": {"block_2": [0.25 * WEIGHT, WEIGHT]}},
    ("sd15", "style"): {
        "down": {"block_0": [WEIGHT, WEIGHT], "block_1": [WEIGHT, WEIGHT]},
        "up": {
            f"block_{block}": [float(block != 1 or layer == 2) * WEIGHT for layer in range(3)] for block in (1, 2, 3)
        },
    },
}


@pytest.fixture(params=BLOCKS)
def model(
    request: pytest.FixtureRequest, engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, monkeypatch: Any
) -> str:
    """A tiny model whose UNet has the blocks of the real one, with an IP-Adapter; in the catalogue."""
    name = request.param
    with quiet_libraries():
        pipe = DiffusionPipeline.from_pretrained(tiny[name])
        torch.manual_seed(3)
        pipe.unet = UNet2DConditionModel.from_config({**pipe.unet.config, **BLOCKS[name]})
        pipe.save_pretrained(tmp_path)
        make_ip_adapter(pipe, tmp_path / "ip-adapter")
    adapter = IpAdapter(str(tmp_path / "ip-adapter"), "models", "tiny.safetensors")
    monkeypatch.setitem(CATALOGUE, name, replace(CATALOGUE[name], repo=str(tmp_path), ip_adapter=adapter))
    return name


def bare(folder: Path, model: str, lent: Picture, scale: Any) -> np.ndarray:
    """The picture of diffusers, everything loaded anew, with one reference at that scale."""
    with quiet_libraries():
        pipe = DiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
        pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
        pipe.load_ip_adapter(str(folder / "ip-adapter"), subfolder="models", weight_name="tiny.safetensors",
                             image_encoder_folder="image_encoder")  # fmt: skip
        pipe.set_ip_adapter_scale(scale)
        pipe.set_progress_bar_config(disable=True)
        size = CATALOGUE[model].native
        made = pipe(
            prompt="a red apple", negative_prompt="blue", num_inference_steps=2, height=size.height, width=size.width,
            guidance_scale=CATALOGUE[model].guidance_scale, generator=torch.Generator("cpu").manual_seed(7),
            ip_adapter_image=[[lent.to_pil()]],
        ).images[0]  # fmt: skip
    return np.asarray(made)


def test_a_reference_lends_what_it_is_asked_for_and_nothing_else(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, model: str
) -> None:
    plain = asked(tiny, model, "words", 0, lora=False, steps=2)
    picture = photo(Size(40, 30))
    made = {"nothing": engine.run(plain, Told())[0]}
    for lends in ("style", "composition", "both"):
        lent = reference(picture, lends, weight=WEIGHT)
        wanted = Request(plain.recipe.changed(references=(lent.value,)), {lent.picture.hash: lent.picture})
        made[lends], _ = engine.run(wanted, Told())
    assert len(set(made.values())) == 4
    assert set(FAMILIES[model].lends) == {"style", "composition"}
    for lends in ("style", "composition"):
        expected = bare(tmp_path, model, lent.picture, SCALES[model, lends])
        assert np.array_equal(made[lends].pixels, expected), lends


@pytest.mark.parametrize("model", ["sd15", "sdxl"])
def test_a_reference_lends_its_style_and_leaves_without_a_trace(
    engine: DrawingEngine, tiny: dict[str, Path], model: str
) -> None:
    plain = asked(tiny, model, "words", 0, lora=False, steps=2)
    before, _ = engine.run(plain, Told())
    lent = reference(photo(Size(40, 30)), weight=0.8)
    wanted = Request(plain.recipe.changed(references=(lent.value,)), {lent.picture.hash: lent.picture})
    styled, _ = engine.run(wanted, Told())
    expected = bare(tiny[model], model, lent.picture, 0.8)
    assert styled != before
    assert np.array_equal(styled.pixels, expected)
    engine.forget()
    assert engine.run(plain, Told())[0] == before
    engine.forget()
    assert engine.run(wanted, Told())[0] == styled
