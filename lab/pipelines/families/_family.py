"""What a family of models declares: which diffusers classes and calls serve it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from PIL import Image

from lab.core.geometry import Size
from lab.pipelines.families._reading import Read

Embeddings = dict[str, Any]
"""Arguments of a diffusers call that stand for the words."""

Way = Literal["words", "image", "inpaint", "edit"]
"""What a drawing starts from: noise, a picture, one of which only a part may change, or one to edit."""

Steered = Literal["", "controlnet", "union"]
"""By what it is steered beside the words: nothing, ControlNets, or one ControlNet Union for all kinds."""

Hears = Literal["cross-attention", "text first", "text last"]
"""Where a denoiser hears the words."""


def _as_it_lies(latents: torch.Tensor, _: Size) -> torch.Tensor:
    return latents


def _same(latents: torch.Tensor) -> torch.Tensor:
    return latents


def _encoded(vae: Any, pixels: torch.Tensor) -> torch.Tensor:
    made = vae.encode(pixels)
    return made.latents if hasattr(made, "latents") else made.latent_dist.mode()


def _scaled(vae: Any, encoded: torch.Tensor) -> torch.Tensor:
    return (encoded - (getattr(vae.config, "shift_factor", None) or 0.0)) * vae.config.scaling_factor


@dataclass(frozen=True)
class Latents:
    """How the latents of a step lie, for who looks at them or changes them: previews, and soft masks.

    Args:
        as_picture: the latents of a step, or of what the noise is added to, as 1 x channels x height x width, one for
            each that the autoencoder makes; by them and the size of the picture in pixels.
        as_step: back to what the pipeline's steps work on.
        encoded: what the autoencoder says of a picture, as 1 x channels x height x width; by it and the picture in
            -1..1, 1 x 3 x height x width.
        normalised: the same in the numbers of a step's latents; by the autoencoder and that.
    """

    as_picture: Callable[[torch.Tensor, Size], torch.Tensor] = _as_it_lies
    as_step: Callable[[torch.Tensor], torch.Tensor] = _same
    encoded: Callable[[Any, torch.Tensor], torch.Tensor] = _encoded
    normalised: Callable[[Any, torch.Tensor], torch.Tensor] = _scaled


USUAL = Latents()
"""As a picture, and scaled by one number."""


@dataclass(frozen=True)
class Family:
    """One file of this folder.

    Args:
        name: as the catalogue calls it.
        pipelines: the diffusers pipeline class for each way and means of steering. A way that is not there is done by
            the lab itself on "image" (see `lab.pipelines.differential_diffusion`).
        read: how much of a prompt a pipeline reads, where that is not all of it.
        embed: a prompt as arguments of the diffusers call, by a pipeline, on the device where its parts work.
        embed_weighted: the same of a weighted prompt, in as many chunks as it takes; None where none can be weighed.
        embed_seeing: the same of a prompt and the pictures that it speaks of, the edited one first; None where a prompt
            is read alone.
        decode: latents to a batch of pictures in -1..1, by the arithmetic at the end of diffusers' own call.
        guidance: the argument `guidance_scale` of the diffusers call, from that of a recipe (where 1 is none).
        backbone: the component that denoises, the one that LoRAs and IP-Adapters change.
        lends: InstantStyle's scales of the IP-Adapter by block, for what a reference lends.
        latents: how the latents of its steps lie.
        hears: how its denoiser hears words: in cross-attentions, or in one row of tokens with the picture, before or
            behind it.
        token_px: a token of its denoiser stands for so many pixels of a picture's side, where it is such a row.
        rows: how the rows of layers of its backbone are called, which can rest in the machine's memory each by itself.
        text_layers: so many layers of its text encoder are read, the first ones; None for all.
    """

    name: str
    pipelines: Mapping[tuple[Way, Steered], type]
    read: Callable[[Any, str], Read | None]
    embed: Callable[[Any, str, torch.device], Embeddings]
    decode: Callable[[Any, torch.Tensor], torch.Tensor]
    guidance: Callable[[float], float] = float
    embed_weighted: Callable[[Any, str, torch.device], Embeddings] | None = None
    embed_seeing: Callable[[Any, str, Sequence[Image.Image], torch.device], Embeddings] | None = None
    backbone: str = "unet"
    lends: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    latents: Latents = USUAL
    hears: Hears = "cross-attention"
    token_px: int = 0
    rows: tuple[str, ...] = ("transformer_blocks", "resnets")
    text_layers: int | None = None
