"""Qwen-Image-Edit: a diffusion transformer that edits, told by words that were read with the pictures; 1024 pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffusers import QwenImageEditPlusPipeline
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as plus
from PIL import Image

from lab.core.geometry import Size
from lab.pipelines.families._family import Embeddings, Family, Latents
from lab.pipelines.families._reading import Read

_LATENT_PX = 8


class QwenEdit(QwenImageEditPlusPipeline):
    """diffusers' own, called as the other families' are; its latents come out as a picture, without their one moment.

    Each picture that it sees is laid over a million pixels or so by the pipeline, and whole. What it draws is as large
    as it is told.
    """

    def __call__(
        self,
        *,
        image: Image.Image,
        height: int,
        width: int,
        guidance_scale: float,
        references: Sequence[Image.Image] = (),
        output_type: str = "pil",
        **kwargs: Any,
    ) -> Any:
        """The call of diffusers' own.

        Args:
            image: the picture that is edited, "Picture 1" for the words.
            height: of what is drawn, in pixels.
            width: of what is drawn, in pixels.
            guidance_scale: its `true_cfg_scale`, which counts where there is a negative prompt.
            references: the pictures from "Picture 2" on.
            output_type: "latent" for 1 x 16 x height / 8 x width / 8.
            kwargs: everything else that it takes.
        """
        made: Any = super().__call__(
            image=[image, *references], height=height, width=width, true_cfg_scale=guidance_scale,
            output_type=output_type, **kwargs,
        )  # fmt: skip
        if output_type == "latent":
            made.images = _as_picture(made.images, Size(width, height))
        return made


def _read(_: Any, __: str) -> Read | None:
    """All of it: the pipeline cuts nothing."""
    return None


def _embed(pipe: Any, text: str, device: torch.device) -> Embeddings:
    return _encoded_words(pipe, text, None, device)


def _embed_seeing(pipe: Any, text: str, seen: Sequence[Image.Image], device: torch.device) -> Embeddings:
    """With the pictures as small as the words' network sees them."""
    small = []
    for picture in seen:
        width, height = plus.calculate_dimensions(plus.CONDITION_IMAGE_SIZE, picture.width / picture.height)
        small.append(pipe.image_processor.resize(picture, height, width))
    return _encoded_words(pipe, text, small, device)


def _encoded_words(pipe: Any, text: str, seen: list[Image.Image] | None, device: torch.device) -> Embeddings:
    embeds, mask = pipe.encode_prompt(text, image=seen, device=device)
    # one that lets all through is none to the pipeline, which wants it all the same
    mask = torch.ones(embeds.shape[:2], dtype=torch.long, device=embeds.device) if mask is None else mask
    return {"prompt_embeds": embeds, "prompt_embeds_mask": mask}


def _decode(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
    """In the arithmetic of the pipeline, which divides by one over the deviation."""
    vae = pipe.vae
    latents = latents.unsqueeze(2).to(vae.dtype)
    mean, deviation = _spread(vae, latents)
    return vae.decode(latents / (1.0 / deviation) + mean, return_dict=False)[0][:, :, 0]


def _as_picture(latents: torch.Tensor, size: Size) -> torch.Tensor:
    """Tokens as 1 x 16 x height / 8 x width / 8; what lies so already stays."""
    if latents.ndim == 4:
        return latents
    return QwenEdit._unpack_latents(latents, size.height, size.width, _LATENT_PX)[:, :, 0]  # noqa: SLF001


def _as_step(latents: torch.Tensor) -> torch.Tensor:
    return QwenEdit._pack_latents(latents, *latents.shape)  # noqa: SLF001 - how diffusers lays them


def _encoded(vae: Any, pixels: torch.Tensor) -> torch.Tensor:
    """Of a picture as of a film of one."""
    return vae.encode(pixels.unsqueeze(2)).latent_dist.mode()[:, :, 0]


def _normalised(vae: Any, encoded: torch.Tensor) -> torch.Tensor:
    mean, deviation = _spread(vae, encoded.unsqueeze(2))
    return (encoded - mean[:, :, 0]) / deviation[:, :, 0]


def _spread(vae: Any, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation of each channel of the latents, 1 x channels x 1 x 1 x 1."""
    said = (vae.config.latents_mean, vae.config.latents_std)
    mean, deviation = (torch.tensor(one).view(1, -1, 1, 1, 1).to(like.device, like.dtype) for one in said)
    return mean, deviation


QWEN_EDIT = Family(
    name="qwen-edit",
    # The first one reads words and decodes; it draws nothing without a picture.
    pipelines={("words", ""): QwenEdit, ("edit", ""): QwenEdit},
    read=_read,
    embed=_embed,
    embed_seeing=_embed_seeing,
    decode=_decode,
    backbone="transformer",
    rows=("transformer_blocks",),
    latents=Latents(as_picture=_as_picture, as_step=_as_step, encoded=_encoded, normalised=_normalised),
)
