"""Stable Diffusion XL and its fine-tunes: two text encoders, 4 latent channels, 1024 pixels."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    StableDiffusionXLControlNetImg2ImgPipeline,
    StableDiffusionXLControlNetInpaintPipeline,
    StableDiffusionXLControlNetPipeline,
    StableDiffusionXLControlNetUnionImg2ImgPipeline,
    StableDiffusionXLControlNetUnionInpaintPipeline,
    StableDiffusionXLControlNetUnionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
)

from lab.pipelines.families._family import Embeddings, Family
from lab.pipelines.families._reading import Read, read_by
from lab.pipelines.families._weighted import encoded
from lab.pipelines.precision import upcast


def _read(pipe: Any, text: str) -> Read | None:
    """What both of its encoders read."""
    both = [read_by(tokenizer, text) for tokenizer in (pipe.tokenizer, pipe.tokenizer_2)]
    return max(filter(None, both), key=lambda one: len(one.unread), default=None)


def _embed(pipe: Any, text: str, device: torch.device) -> Embeddings:
    embeds, _, pooled, _ = pipe.encode_prompt(text, device=device, do_classifier_free_guidance=False)
    return {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}


def _embed_weighted(pipe: Any, text: str, device: torch.device) -> Embeddings:
    """Each encoder's states have their own mean; what is pooled is that of the first chunk, without weights."""
    encoders = ((pipe.tokenizer, pipe.text_encoder), (pipe.tokenizer_2, pipe.text_encoder_2))
    both = [encoded(*one, text, device, lambda answer: answer.hidden_states[-2]) for one in encoders]
    states = torch.cat([one.states for one in both], dim=-1)
    return {"prompt_embeds": states.to(pipe.text_encoder_2.dtype), "pooled_prompt_embeds": both[1].first[0]}


def _decode(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
    """SDXL's autoencoder overflows in float16: it decodes in float32 where its config says so."""
    vae = pipe.vae
    with upcast(vae) as dtype:
        # as they come where nothing is upcast: that is diffusers' own arithmetic
        given = latents.to(dtype) if dtype == torch.float32 else latents
        return vae.decode(_unscaled(vae, given), return_dict=False)[0]


def _unscaled(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """Some fine-tunes (Playground) give mean and deviation of their latents besides the scale."""
    mean, deviation = (getattr(vae.config, name, None) for name in ("latents_mean", "latents_std"))
    if mean is None or deviation is None:
        return latents / vae.config.scaling_factor
    mean, deviation = (
        torch.tensor(one).view(1, -1, 1, 1).to(latents.device, latents.dtype) for one in (mean, deviation)
    )
    return latents * deviation / vae.config.scaling_factor + mean


SDXL = Family(
    name="sdxl",
    pipelines={
        ("words", ""): StableDiffusionXLPipeline,
        ("words", "controlnet"): StableDiffusionXLControlNetPipeline,
        ("words", "union"): StableDiffusionXLControlNetUnionPipeline,
        ("image", ""): StableDiffusionXLImg2ImgPipeline,
        ("image", "controlnet"): StableDiffusionXLControlNetImg2ImgPipeline,
        ("image", "union"): StableDiffusionXLControlNetUnionImg2ImgPipeline,
        ("inpaint", ""): StableDiffusionXLInpaintPipeline,
        ("inpaint", "controlnet"): StableDiffusionXLControlNetInpaintPipeline,
        ("inpaint", "union"): StableDiffusionXLControlNetUnionInpaintPipeline,
    },
    read=_read,
    embed=_embed,
    embed_weighted=_embed_weighted,
    decode=_decode,
    # InstantStyle (arXiv 2404.02733): one block of the UNet carries the style, another the composition.
    lends={"style": {"up": {"block_0": [0.0, 1.0, 0.0]}}, "composition": {"down": {"block_2": [0.0, 1.0]}}},
)
