"""The promise: a LoRA of any trainer is drawn with in full, or refused by the name of what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from safetensors.torch import save_file

from lab.core import BadInput, Lora, Request
from tests.pipelines.bare_diffusers import asked, bare
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

pytestmark = pytest.mark.usefixtures("_bare_task")
RANK = 4


def layers(pipe: Any, part: str, endings: tuple[str, ...]) -> dict[str, Any]:
    """The layers of a part whose names end so."""
    return {name: layer for name, layer in getattr(pipe, part).named_modules() if name.endswith(endings)}


def written(
    folder: Path, pipe: Any, wanted: dict[str, tuple[str, ...]], alphas: tuple[float, ...]
) -> tuple[Path, Path]:
    """The same LoRA as kohya's trainer writes it, with an alpha for each layer, and as diffusers does, with none."""
    torch.manual_seed(3)
    kohya, plain = {}, {}
    for part, endings in wanted.items():
        prefix = {"unet": "lora_unet_", "text_encoder": "lora_te_text_model_"}[part]
        for number, (name, layer) in enumerate(layers(pipe, part, endings).items()):
            alpha = alphas[number % len(alphas)]
            shape = layer.weight.shape
            down = torch.randn(RANK, *shape[1:]) * 0.3
            up = torch.randn(shape[0], RANK, *(1 for _ in shape[2:])) * 0.3
            one = f"{prefix}{name.removeprefix('text_model.').replace('.', '_')}"
            kohya |= {f"{one}.lora_down.weight": down, f"{one}.lora_up.weight": up, f"{one}.alpha": torch.tensor(alpha)}
            # alpha / rank is a power of two here: multiplied into one of them beforehand it changes no bit
            plain |= {f"{part}.{name}.lora_A.weight": down, f"{part}.{name}.lora_B.weight": up * (alpha / RANK)}
    for file, weights in (("kohya", kohya), ("plain", plain)):
        save_file(weights, folder / f"{file}.safetensors")
    return folder / "kohya.safetensors", folder / "plain.safetensors"


ATTENTION, CONVOLUTIONS, WORDS = (
    ("attn1.to_q", "attn2.to_v"),
    ("conv1", "conv2"),
    ("self_attn.q_proj", "self_attn.out_proj", "fc1"),
)


@pytest.fixture(scope="module")
def untouched() -> dict[str, np.ndarray]:
    """The picture of diffusers without a LoRA, drawn once for all tests here."""
    return {}


@pytest.mark.parametrize(
    ("wanted", "alphas"),
    [
        ({"unet": ATTENTION}, (4.0,)),
        ({"unet": ATTENTION, "text_encoder": WORDS}, (4.0, 2.0, 1.0)),
        ({"unet": (*ATTENTION, *CONVOLUTIONS)}, (2.0,)),
        ({"text_encoder": WORDS}, (4.0,)),
        ({"text_encoder": ("self_attn.q_proj", "fc1")}, (4.0,)),
        ({"unet": ATTENTION, "text_encoder": ("self_attn.k_proj", "fc2")}, (4.0, 2.0)),
    ],
    ids=["kohya", "mixed alphas, words too", "LoCon", "words alone", "few of the words' layers", "few, mixed alphas"],
)
def test_a_lora_is_drawn_with_in_full(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, untouched: dict[str, np.ndarray],
    wanted: dict[str, tuple[str, ...]], alphas: tuple[float, ...],
) -> None:  # fmt: skip
    kohya, plain = written(tmp_path, DiffusionPipeline.from_pretrained(tiny["sd15"]), wanted, alphas)
    without = asked(tiny, "sd15", "words", 0, lora=False)
    of_kohya, of_plain = (
        Request(without.recipe.changed(loras=(Lora(name=str(file), weight=0.5),))) for file in (kohya, plain)
    )
    made = engine.run(of_kohya, Told())[0].pixels
    assert np.array_equal(made, bare(tiny, of_plain, "words"))
    assert not np.array_equal(made, engine.run(without, Told())[0].pixels)
    if not untouched:
        untouched["sd15"] = bare(tiny, without, "words")
    assert np.array_equal(engine.run(without, Told())[0].pixels, untouched["sd15"]), "it left no trace"


_ONE = "lora_unet_down_blocks_0_attentions_0_proj_in"


REFUSED = {
    "a DoRA": [f"{_ONE}.lora_down.weight", f"{_ONE}.lora_up.weight", f"{_ONE}.dora_scale"],
    "a LoHa": [f"{_ONE}.hada_w1_a", f"{_ONE}.hada_w1_b", f"{_ONE}.hada_w2_a", f"{_ONE}.hada_w2_b"],
    "a LoKr": [f"{_ONE}.lokr_w1", f"{_ONE}.lokr_w2_a", f"{_ONE}.lokr_w2_b"],
    "a LoCon with a Tucker": [f"{_ONE}.lora_down.weight", f"{_ONE}.lora_mid.weight", f"{_ONE}.lora_up.weight"],
    "an OFT": [f"{_ONE}.oft_blocks"],
    "a difference of whole weights": [f"{_ONE}.diff", f"{_ONE}.diff_b"],
}


def test_a_kind_that_diffusers_would_draw_with_by_half_is_refused_by_its_name(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path
) -> None:
    wanted = asked(tiny, "sd15", "words", 0, lora=False)
    expected = bare(tiny, wanted, "words")
    for number, (kind, names) in enumerate(REFUSED.items()):
        file = tmp_path / f"odd{number}.safetensors"
        save_file({name: torch.zeros(4, 4) for name in names}, file)
        odd = Request(wanted.recipe.changed(loras=(Lora(name=str(file)),)))
        with pytest.raises(BadInput, match=rf"the LoRA .*{file.name} is {kind}.*does not draw with in full"):
            engine.run(odd, Told())
        engine.forget()
        assert np.array_equal(engine.run(wanted, Told())[0].pixels, expected), kind
