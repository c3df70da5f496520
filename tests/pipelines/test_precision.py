"""The promise: each family works in a dtype that holds its values; what makes no numbers is drawn in a safer one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file

from lab.core import NotFinite
from lab.core.catalogue import CATALOGUE
from lab.pipelines import precision
from lab.pipelines.families import FAMILIES
from lab.pipelines.latent_preview import LatentToRgb
from lab.pipelines.precision import dtypes_for, dtypes_in_words, upcast
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import asked
from tests.pipelines.reporters import Told

BRAINS = ("z-image", "klein", "qwen-edit")
"""Published in bfloat16."""
DEVICES = {"cpu": ("cpu", 0), "mps": ("mps", 0), "sm_70": ("cuda", 7), "sm_75": ("cuda", 7), "sm_80": ("cuda", 8),
           "sm_89": ("cuda", 8), "sm_90": ("cuda", 9)}  # fmt: skip


def pretended(patch: pytest.MonkeyPatch, name: str) -> torch.device:
    kind, capability = DEVICES[name]
    patch.setattr(torch.cuda, "get_device_capability", lambda _: (capability, 0))
    return torch.device(kind)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("family", FAMILIES)
def test_no_family_works_in_a_dtype_that_does_not_hold_its_values(
    monkeypatch: pytest.MonkeyPatch, device: str, family: str
) -> None:
    first, *safer = dtypes_for(family, pretended(monkeypatch, device))
    assert torch.float16 not in (first, *safer) or family not in BRAINS
    assert (device == "cpu") == (first == torch.float32)
    assert (first, *safer)[-1] == torch.float32, "there is always one in which everything fits"
    assert torch.bfloat16 not in (first, *safer) or family in BRAINS or device in ("sm_80", "sm_89", "sm_90")
    assert first != torch.bfloat16 or family in BRAINS, "the others were published in float16"


def test_doctor_says_it_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dtypes_in_words(torch.device("cpu")) == "float32"
    others = ", ".join(f"{family} in bfloat16" for family in BRAINS)
    assert dtypes_in_words(pretended(monkeypatch, "sm_75")) == f"float16, {others}"


@pytest.fixture
def overflowing(tiny: dict[str, Path], tmp_path: Path, engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny Z-Image whose values leave the range of float16 on their way, and mean the same as before in float32."""
    assert engine
    folder = tmp_path / "large"
    shutil.copytree(tiny["z-image"], folder)
    file = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    weights = load_file(file)
    large = next(name for name in weights if name.endswith("feed_forward.w3.weight") and name.startswith("layers."))
    weights[large] *= 2.0**20
    weights[large.replace("w3", "w2")] *= 2.0**-20
    save_file(weights, file)
    monkeypatch.setitem(CATALOGUE, "z-image", replace(CATALOGUE["z-image"], repo=str(folder)))
    return folder


def half_first(patch: pytest.MonkeyPatch, *dtypes: torch.dtype) -> None:
    """Pretend that Z-Image works in these here, float16 first."""
    patch.setitem(precision._TABLE["z-image"], "cpu", dtypes)


@pytest.mark.usefixtures("overflowing")
def test_what_overflows_in_float16_is_drawn_again_in_a_safer_dtype_and_never_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = asked("z-image", steps=2, negative_prompt="")
    expected, _ = DrawingEngine("cpu").run(wanted, Told())
    half_first(monkeypatch, torch.float16, torch.float32)
    engine, reporter = DrawingEngine("cpu"), Told()
    picture, plan = engine.run(wanted, reporter)
    assert picture == expected
    assert plan.dtype == "float32"
    assert plan.note == "drawn in float32, since float16 made no numbers"
    assert "float16 made no numbers: again in float32" in [stage for stage, _, _ in reporter.stages]
    assert all(preview.pixels.any() for preview in reporter.previews)
    again = Told()
    other, _ = engine.run(asked("z-image", steps=2, negative_prompt="", seed=5), again)
    assert other.pixels.any()
    assert not any("made no numbers" in stage for stage, _, _ in again.stages), "it is known by now"


@pytest.mark.usefixtures("overflowing")
def test_where_no_dtype_helps_it_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    half_first(monkeypatch, torch.float16)
    with pytest.raises(NotFinite, match="z-image made latents of values that are no numbers"):
        DrawingEngine("cpu").run(asked("z-image", steps=2, negative_prompt=""), Told())


def test_an_autoencoder_that_overflows_works_in_float32_meanwhile() -> None:
    vae = AutoencoderKL(
        block_out_channels=(8,), norm_num_groups=4, down_block_types=("DownEncoderBlock2D",),
        up_block_types=("UpDecoderBlock2D",), force_upcast=True,
    ).to(torch.float16)  # fmt: skip
    with torch.no_grad():
        vae.encoder.conv_in.weight.fill_(10_000)
    assert not vae.encode(torch.full((1, 3, 16, 16), 0.9, dtype=torch.float16)).latent_dist.mode().isfinite().all()
    with upcast(vae) as dtype:
        assert dtype == vae.dtype == torch.float32
    assert vae.dtype == torch.float16
    assert np.isfinite(LatentToRgb.measured(vae).factors.numpy()).all(), "previews are measured with it, too"
    assert vae.dtype == torch.float16
    for said, here in ((True, torch.bfloat16), (False, torch.float16)):
        vae.register_to_config(force_upcast=said)
        with upcast(vae.to(here)) as dtype:
            assert dtype == vae.dtype == here
