"""The promise: a checkpoint as people have it draws as it was trained, or is refused by the name of what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DiffusionPipeline, DPMSolverMultistepScheduler, EulerDiscreteScheduler
from safetensors.torch import load_file, save_file

from lab.core import BadInput, Request
from lab.core.catalogue import CATALOGUE
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.weights.checkpoint_kind import trained_with
from tests.pipelines.checkpoints import write_checkpoint
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import asked
from tests.pipelines.reporters import Told

V = {"prediction_type": "v_prediction"}
ZERO = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
SCHEDULERS = {"ddim": (DDIMScheduler, {}), "euler": (EulerDiscreteScheduler, {}),
              "dpm++ 2m karras": (DPMSolverMultistepScheduler, {"use_karras_sigmas": True})}  # fmt: skip


@pytest.fixture
def published(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: dict[str, Path]
) -> Callable[..., Path]:
    """Writes the tiny model of a family as one file, with weights and words more; its path."""
    assert engine

    def write(family: str, more: dict[str, Any], metadata: dict[str, str], without: str = "-") -> Path:
        monkeypatch.setitem(CATALOGUE, family, replace(CATALOGUE[family], repo=str(tiny[family])))
        file = write_checkpoint(DiffusionPipeline.from_pretrained(tiny[family]), tmp_path / f"{family}.safetensors")
        weights = {name: weight for name, weight in load_file(file).items() if not name.startswith(without)}
        save_file(weights | {name: torch.zeros(0) for name in more}, file, metadata)
        return file

    return write


def drawn(engine: DrawingEngine, file: Path, family: str, scheduler: str) -> np.ndarray:
    wanted: Request = asked(str(file), family=family, scheduler=scheduler, steps=4, negative_prompt="blue")
    return engine.run(wanted, Told())[0].pixels


def by_hand(tiny: dict[str, Path], family: str, scheduler: str, settings: dict[str, Any]) -> np.ndarray:
    """What diffusers draws with a scheduler that somebody has set right."""
    kind, own = SCHEDULERS[scheduler]
    recipe = asked(family, scheduler=scheduler, steps=4, negative_prompt="blue").recipe
    with quiet_libraries():
        pipe = DiffusionPipeline.from_pretrained(tiny[family])
        pipe.set_progress_bar_config(disable=True)
        pipe.scheduler = kind.from_config(pipe.scheduler.config, **settings, **own)
        made = pipe(
            recipe.prompt, negative_prompt="blue", num_inference_steps=4, height=64, width=64,
            guidance_scale=CATALOGUE[family].guidance_scale if recipe.guidance_scale is None else recipe.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(recipe.seed or 0),
        )  # fmt: skip
    return np.asarray(made.images[0])


@pytest.mark.parametrize(
    ("family", "scheduler", "names", "metadata", "settings"),
    [
        ("sdxl", "euler", ["v_pred", "ztsnr"], {}, V | ZERO),
        ("sdxl", "dpm++ 2m karras", ["v_pred"], {}, V),
        ("sd15", "ddim", [], {"modelspec.prediction_type": "v"}, V),
        ("sd15", "euler", [], {"ss_v_parameterization": "True", "ss_zero_terminal_snr": "True"}, V | ZERO),
        ("sdxl", "ddim", [], {"modelspec.prediction_type": "epsilon"}, {}),
    ],
)
def test_what_a_checkpoint_was_trained_to_predict_is_what_it_is_drawn_with(
    engine: DrawingEngine, tiny: dict[str, Path], published: Any, family: str, scheduler: str, names: list[str],
    metadata: dict[str, str], settings: dict[str, Any],
) -> None:  # fmt: skip
    file = published(family, dict.fromkeys(names), metadata)
    assert trained_with(file) == settings
    assert np.array_equal(drawn(engine, file, family, scheduler), by_hand(tiny, family, scheduler, settings))


def test_a_checkpoint_without_an_autoencoder_takes_that_of_its_family_or_says_so(
    engine: DrawingEngine, tiny: dict[str, Path], published: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = published("sd15", {}, {}, without="first_stage_model.")
    assert np.array_equal(drawn(engine, file, "sd15", "ddim"), by_hand(tiny, "sd15", "ddim", {}))
    monkeypatch.setitem(CATALOGUE, "sd15", replace(CATALOGUE["sd15"], repo="nobody/has-this"))
    sentence = r"sd15.safetensors has no autoencoder \(VAE\) in it, and that of sd15 is not on .*-m lab fetch sd15`"
    with pytest.raises(BadInput, match=sentence):
        DrawingEngine("cpu").run(asked(str(file), family="sd15"), Told())


_FIRST = "model.diffusion_model.input_blocks.0.0.weight"


@pytest.mark.parametrize(
    ("family", "weights", "sentence"),
    [
        ("sdxl", {"conditioner.embedders.0.model.transformer.resblocks.9.mlp.c_proj.bias": 4},
         "is the refiner of Stable Diffusion XL, and not a model of the family sdxl"),
        ("sd15", {"conditioner.embedders.1.model.transformer.resblocks.9.mlp.c_proj.bias": 4},
         "is Stable Diffusion XL, and not a model of the family sd15: open it with family='sdxl'"),
        ("sdxl", {"cond_stage_model.transformer.text_model.final_layer_norm.bias": 4}, "is Stable Diffusion 1 or 2"),
        ("sd15", {"model.diffusion_model.input_blocks.2.1.transformer_blocks.0.attn2.to_k.weight": (4, 1024)},
         "is Stable Diffusion 2, "),
        ("sd15", {"model.diffusion_model.joint_blocks.0.context_block.adaLN_modulation.1.bias": 9216,
                  "model.diffusion_model.pos_embed": (1, 36864, 4)}, "is Stable Diffusion 3"),
        ("sdxl", {"model.diffusion_model.double_blocks.0.img_attn.norm.key_norm.scale": 4,
                  "model.diffusion_model.img_in.weight": (8, 64)}, "is FLUX"),
        ("sdxl", {"model.diffusion_model.layers.0.adaLN_modulation.0.weight": (4, 4),
                  "model.diffusion_model.cap_embedder.0.weight": (2560,)}, "is (Z-Image|Lumina 2)"),
        ("sd15", {"control_model.time_embed.0.weight": (4, 4)}, "is a ControlNet"),
    ],
)  # fmt: skip
def test_another_architecture_is_refused_by_its_name(
    engine: DrawingEngine, tmp_path: Path, family: str, weights: dict[str, Any], sentence: str
) -> None:
    file = tmp_path / "other.safetensors"
    more = {} if "control" in sentence.lower() else {_FIRST: torch.zeros(8, 4, 3, 3)}
    save_file({name: torch.zeros(shape) for name, shape in weights.items()} | more, file)
    with pytest.raises(BadInput, match=f"other.safetensors {sentence}") as raised:
        engine.run(asked(str(file), family=family), Told())
    assert len(str(raised.value).splitlines()) == 1
