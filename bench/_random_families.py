"""FLUX.2 klein, Stable Diffusion 1.5 and SDXL of random weights, of full size or tiny, put into the catalogue."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    ControlNetModel,
    DDIMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    ModelMixin,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
)

from lab.core.catalogue import CATALOGUE
from lab.core.geometry import Size
from lab.core.model_card import ControlSource
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.precision import dtypes_for
from lab.pipelines.weights.clip_tokenizer import clip_tokenizer
from tests.pipelines.full_size import full_size
from tests.pipelines.tiny import CONTROL, chat_tokenizer, make_tiny

FAMILIES = ("klein", "sd15", "sdxl")
_NOISE = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


def put(family: str, folder: Path, device: torch.device, native: int | None) -> None:
    """Write a model and, where its family has any, a ControlNet; the catalogue's card means it from now on.

    Args:
        family: one of `FAMILIES`.
        folder: an empty one.
        device: where the weights are made, in the numbers in which they are used there.
        native: the side of its pictures in pixels, of a tiny model; None for one of full size.
    """
    with quiet_libraries():
        if native:
            make_tiny(folder, family)
        else:
            _write(family, folder, device)
    card = CATALOGUE[family]
    controls = {} if card.shown_controls else {"lines": ControlSource(str(folder / CONTROL))}
    size = Size(native, native) if native else card.native
    CATALOGUE[family] = replace(
        card, repo=str(folder), revision=None, variant=None, controls=controls, native=size, preview=None
    )


def _write(family: str, folder: Path, device: torch.device) -> None:
    dtype = dtypes_for(family, device)[0]
    parts = {name: _made(part, device, dtype) for name, part in full_size(family).items()}
    if family == "klein":
        scheduler = FlowMatchEulerDiscreteScheduler(
            shift=3.0, use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15, time_shift_type="exponential"
        )
        pipe: Any = Flux2KleinPipeline(
            scheduler=scheduler, tokenizer=chat_tokenizer(folder / "words"), is_distilled=True, **parts
        )
    elif family == "sdxl":
        pipe = StableDiffusionXLPipeline(
            tokenizer=clip_tokenizer(), tokenizer_2=clip_tokenizer(pad="!"),
            scheduler=EulerDiscreteScheduler(**_NOISE), **parts,
        )  # fmt: skip
    else:
        pipe = StableDiffusionPipeline(
            tokenizer=clip_tokenizer(), scheduler=DDIMScheduler(**_NOISE), safety_checker=None, feature_extractor=None,
            requires_safety_checker=False, **parts,
        )  # fmt: skip
    pipe.save_pretrained(folder)
    if family != "klein":
        ControlNetModel.from_unet(parts["unet"]).to(dtype).save_pretrained(folder / CONTROL)


def _made(part: torch.nn.Module, device: torch.device, dtype: torch.dtype) -> torch.nn.Module:
    """The network, which has no weights yet, with random ones."""
    with device:
        network: Any = type(part)
        made = network.from_config(part.config) if isinstance(part, ModelMixin) else network(part.config)
    return made.to(dtype).eval()
