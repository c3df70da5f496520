"""Stable Diffusion 1.x and its fine-tunes: one text encoder, 4 latent channels, 512 pixels."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    StableDiffusionControlNetImg2ImgPipeline,
    StableDiffusionControlNetInpaintPipeline,
    StableDiffusionControlNetPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
)

from lab.pipelines.families._family import Embeddings, Family
from lab.pipelines.families._reading import Read, read_by
from lab.pipelines.families._weighted import encoded
from lab.pipelines.precision import upcast


def _read(pipe: Any, text: str) -> Read | None:
    return read_by(pipe.tokenizer, text)


def _embed(pipe: Any, text: str, device: torch.device) -> Embeddings:
    embeds, _ = pipe.encode_prompt(text, device, num_images_per_prompt=1, do_classifier_free_guidance=False)
    return {"prompt_embeds": embeds}


def _embed_weighted(pipe: Any, text: str, device: torch.device) -> Embeddings:
    found = encoded(pipe.tokenizer, pipe.text_encoder, text, device, lambda answer: answer[0])
    return {"prompt_embeds": found.states.to(pipe.text_encoder.dtype)}


def _decode(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
    vae = pipe.vae
    with upcast(vae) as dtype:
        given = latents.to(dtype) if dtype == torch.float32 else latents
        return vae.decode(given / vae.config.scaling_factor, return_dict=False)[0]


SD15 = Family(
    name="sd15",
    pipelines={
        ("words", ""): StableDiffusionPipeline,
        ("words", "controlnet"): StableDiffusionControlNetPipeline,
        ("image", ""): StableDiffusionImg2ImgPipeline,
        ("image", "controlnet"): StableDiffusionControlNetImg2ImgPipeline,
        ("inpaint", ""): StableDiffusionInpaintPipeline,
        ("inpaint", "controlnet"): StableDiffusionControlNetInpaintPipeline,
    },
    read=_read,
    embed=_embed,
    embed_weighted=_embed_weighted,
    decode=_decode,
    # Which blocks carry what in this UNet: the layer weights of ComfyUI_IPAdapter_plus for SD 1.5.
    lends={
        "style": {
            "down": {"block_0": [1.0, 1.0], "block_1": [1.0, 1.0]},
            "up": {"block_1": [0.0, 0.0, 1.0], "block_2": [1.0, 1.0, 1.0], "block_3": [1.0, 1.0, 1.0]},
        },
        "composition": {"down": {"block_2": [0.25, 1.0]}},
    },
)
