"""FLUX.2 klein: a diffusion transformer whose latents are tokens, with a language model for the words; 1024 pixels."""

from __future__ import annotations

from inspect import signature
from typing import Any

import torch
from diffusers import Flux2KleinPipeline

from lab.core.geometry import Size
from lab.pipelines.families._family import Embeddings, Family, Latents
from lab.pipelines.families._klein_pipelines import KleinEdit, KleinImage, KleinInpaint, KleinWords
from lab.pipelines.families._reading import Read, read_by

_SAID = signature(Flux2KleinPipeline.encode_prompt).parameters
_LONGEST = _SAID["max_sequence_length"].default
"""Pieces of words that the pipelines read, with those of the conversation that they put the prompt into."""
_LAYERS_READ = max(_SAID["text_encoder_out_layers"].default) + 1
"""The state after a layer is read, before the norm that stands behind the last one: so one layer more is kept."""
_CELL_PX = 16
"""A token stands for so many pixels of a picture's side: two by two latents of 8."""


def _read(pipe: Any, text: str) -> Read | None:
    said = [{"role": "user", "content": text}]
    kwargs = {"tokenize": False, "add_generation_prompt": True, "enable_thinking": False}  # as the pipelines do
    return read_by(pipe.tokenizer, text, within=pipe.tokenizer.apply_chat_template(said, **kwargs), longest=_LONGEST)


def _embed(pipe: Any, text: str, device: torch.device) -> Embeddings:
    embeds, _ = pipe.encode_prompt(text, device=device)
    return {"prompt_embeds": embeds}


def _decode(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
    return pipe.vae.decode(latents, return_dict=False)[0]


def _as_picture(latents: torch.Tensor, size: Size) -> torch.Tensor:
    """Tokens, or what they were packed from, as 1 x 32 x height / 8 x width / 8."""
    if latents.ndim == 3:
        height, width = size.height // _CELL_PX, size.width // _CELL_PX
        latents = latents.permute(0, 2, 1).reshape(len(latents), -1, height, width)
    return Flux2KleinPipeline._unpatchify_latents(latents)  # noqa: SLF001 - how diffusers lays them


def _as_step(latents: torch.Tensor) -> torch.Tensor:
    return Flux2KleinPipeline._pack_latents(Flux2KleinPipeline._patchify_latents(latents))  # noqa: SLF001


def _normalised(vae: Any, encoded: torch.Tensor) -> torch.Tensor:
    """By the statistics that the autoencoder has of each place in a token, as the pipelines do."""
    tokens = Flux2KleinPipeline._patchify_latents(encoded)  # noqa: SLF001
    mean, variance = (one.view(1, -1, 1, 1).to(tokens) for one in (vae.bn.running_mean, vae.bn.running_var))
    tokens = (tokens - mean) / torch.sqrt(variance + vae.config.batch_norm_eps)
    return Flux2KleinPipeline._unpatchify_latents(tokens)  # noqa: SLF001


KLEIN = Family(
    name="klein",
    pipelines={
        ("words", ""): KleinWords,
        ("image", ""): KleinImage,
        ("inpaint", ""): KleinInpaint,
        ("edit", ""): KleinEdit,
    },
    read=_read,
    embed=_embed,
    decode=_decode,
    backbone="transformer",
    rows=("transformer_blocks", "single_transformer_blocks"),
    latents=Latents(as_picture=_as_picture, as_step=_as_step, normalised=_normalised),
    hears="text first",
    token_px=_CELL_PX,
    text_layers=_LAYERS_READ,
)
