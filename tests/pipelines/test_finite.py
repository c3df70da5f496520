"""The promise: weights that make no numbers make a sentence, never a picture; and what is whole draws on after it."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from lab.core import Lora, NotFinite, Picture, Recipe, Request
from lab.pipelines.models.placements import STREAMED, Placement
from lab.starter import WEIGHTS
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import PHOTO, asked
from tests.pipelines.reporters import Told

UNET, VAE = "unet/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors"
WORDS = "text_encoder/model.safetensors"


def spoil(file: Path, value: float, ending: str = "") -> None:
    """Put a value into the last weight of a file whose name ends so."""
    weights = load_file(file)
    name = [name for name in weights if name.endswith(ending)][-1]
    weights[name].view(-1)[0] = value
    save_file(weights, file)


SPOILT: dict[str, Callable[[Path], None]] = {
    "NaN in the UNet": lambda top: spoil(top / UNET, math.nan, "conv_out.bias"),
    "infinity in the UNet": lambda top: spoil(top / UNET, math.inf, "conv_out.weight"),
    "NaN in the decoder": lambda top: spoil(top / VAE, math.nan, "decoder.conv_out.bias"),
    "infinity in the decoder": lambda top: spoil(top / VAE, -math.inf, "decoder.conv_in.weight"),
    "NaN in the text encoder": lambda top: spoil(top / WORDS, math.nan, "final_layer_norm.bias"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_model_with_weights_that_are_no_numbers_gives_a_sentence_and_no_picture(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, what: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny["sd15"], folder, ignore=shutil.ignore_patterns("control*", "ip-adapter"))
    SPOILT[what](folder)
    for _ in range(2):  # nothing of it is kept, so that the second time is no other
        with pytest.raises(NotFinite, match=r"^model made (latents|a picture) of values that are no numbers") as told:
            engine.run(asked(str(folder), family="sd15"), Told())
    assert len(str(told.value)) < 200


@pytest.mark.parametrize("placement", [None, STREAMED], ids=["whole", "streamed"])
@pytest.mark.parametrize("precision", ["exact", "8bit"])
def test_so_it_is_in_8_bits_and_with_streamed_layers(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, precision: str, placement: Placement | None
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny["sd15"], folder, ignore=shutil.ignore_patterns("control*", "ip-adapter"))
    spoil(folder / UNET, math.nan, "to_q.weight")
    wanted = asked(str(folder), family="sd15", precision=precision)
    with pytest.raises(NotFinite):
        engine.run(wanted, Told())
    if placement:
        (loaded,) = engine.loaded.values()
        loaded.place(placement)
        loaded.whole_wants_bytes = 2**62  # so that it stays
        engine.forget()
        with pytest.raises(NotFinite):
            engine.run(wanted, Told())


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_lora_that_is_no_numbers_gives_a_sentence_and_leaves_no_trace(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, value: float
) -> None:
    plain, _ = engine.run(asked("sd15"), Told())
    file = tmp_path / "style.safetensors"
    shutil.copy(tiny["sd15"] / "ink.safetensors", file)
    spoil(file, value, "lora_B.weight")
    engine.forget()
    with pytest.raises(NotFinite, match="leave the LoRAs out"):
        engine.run(asked("sd15", loras=(Lora(name=str(file)),)), Told())
    engine.forget()
    assert engine.run(asked("sd15"), Told())[0] == plain


def test_an_upscaler_that_is_no_numbers_gives_a_sentence(engine: DrawingEngine, tmp_path: Path) -> None:
    file = tmp_path / "larger.safetensors"
    shutil.copy(WEIGHTS / "upscaler" / "x4-compact.safetensors", file)
    spoil(file, math.nan)
    small = Picture(PHOTO.pixels[:40, :40])
    wanted = Request(Recipe(task="upscale", image=small.hash, settings={"upscaler": str(file)}), {small.hash: small})
    with pytest.raises(NotFinite, match=r"larger.safetensors made a larger picture of values that are no numbers"):
        engine.run(wanted, Told())
