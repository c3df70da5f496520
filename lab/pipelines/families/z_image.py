"""Z-Image-Turbo: a diffusion transformer with flow matching and a language model for the words; 1024 pixels."""

from __future__ import annotations

from inspect import signature
from typing import Any

import torch
from diffusers import ZImageImg2ImgPipeline, ZImageInpaintPipeline, ZImagePipeline

from lab.pipelines.families._family import Embeddings, Family
from lab.pipelines.families._reading import Read, read_by
from lab.pipelines.families._steered_z_image import SteeredZImage, SteeredZImageImg2Img, SteeredZImageInpaint

_LONGEST = signature(ZImagePipeline.encode_prompt).parameters["max_sequence_length"].default
"""Pieces of words that the pipelines read, with those of the conversation that they put the prompt into."""


def _read(pipe: Any, text: str) -> Read | None:
    said = [{"role": "user", "content": text}]
    kwargs = {"tokenize": False, "add_generation_prompt": True, "enable_thinking": True}  # as the pipelines do
    return read_by(pipe.tokenizer, text, within=pipe.tokenizer.apply_chat_template(said, **kwargs), longest=_LONGEST)


def _embed(pipe: Any, text: str, device: torch.device) -> Embeddings:
    embeds, _ = pipe.encode_prompt([text], device=device, do_classifier_free_guidance=False)
    return {"prompt_embeds": embeds}


def _decode(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
    vae = pipe.vae
    latents = latents.to(vae.dtype)
    return vae.decode((latents / vae.config.scaling_factor) + vae.config.shift_factor, return_dict=False)[0]


def _guidance(scale: float) -> float:
    """These pipelines add the scale to 1, where all others count it from 0."""
    return max(0.0, scale - 1)


Z_IMAGE = Family(
    name="z-image",
    pipelines={
        ("words", ""): ZImagePipeline,
        ("words", "controlnet"): SteeredZImage,
        ("image", ""): ZImageImg2ImgPipeline,
        ("image", "controlnet"): SteeredZImageImg2Img,
        ("inpaint", ""): ZImageInpaintPipeline,
        ("inpaint", "controlnet"): SteeredZImageInpaint,
    },
    read=_read,
    embed=_embed,
    decode=_decode,
    guidance=_guidance,
    backbone="transformer",
    hears="text last",
    token_px=16,  # two by two latents of 8
    rows=("layers",),  # its refiners stay, since ControlNets borrow them
)
