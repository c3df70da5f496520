"""The starter model: Stable-Diffusion-shaped, shipped with the lab, loaded as SD 1.5 is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    ControlNetModel,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    StableDiffusionControlNetPipeline,
    StableDiffusionPipeline,
)

from lab.core.catalogue import ModelCard
from lab.core.errors import MissingWeights
from lab.pipelines.families._family import Family
from lab.starter import WEIGHTS


def _load(card: ModelCard, dtype: torch.dtype) -> dict[str, Any]:
    folder = _present(WEIGHTS, card)
    pipe = StableDiffusionPipeline.from_pretrained(folder, dtype=dtype, local_files_only=True)
    return dict(pipe.components)


def _load_control(card: ModelCard, kind: str, dtype: torch.dtype) -> torch.nn.Module:
    folder = _present(WEIGHTS / f"controlnet-{kind}", card)
    return ControlNetModel.from_pretrained(folder, dtype=dtype, local_files_only=True)


def _present(folder: Path, card: ModelCard) -> Path:
    if not folder.is_dir():
        msg = f"the weights of {card.name} should be in {folder}, and are not: install the lab again, or `make starter`"
        raise MissingWeights(msg)
    return folder


STARTER = Family(
    name="starter",
    plain=StableDiffusionPipeline,
    controlled=StableDiffusionControlNetPipeline,
    load=_load,
    load_control=_load_control,
    schedulers={
        "ddim": DDIMScheduler.from_config,
        "euler": EulerDiscreteScheduler.from_config,
        "dpm++ 2m": DPMSolverMultistepScheduler.from_config,
    },
)
