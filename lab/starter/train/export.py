"""Writes the trained parts as a Stable Diffusion folder, fp16 safetensors and configs, that plain diffusers loads."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import ControlNetModel, StableDiffusionPipeline
from diffusers.utils import logging

from lab.pipelines.latent_preview import LatentToRgb
from lab.starter.train import autoencoder, diffusion, upscaler
from lab.starter.train.models import build_scheduler
from lab.starter.train.news import tell
from lab.starter.train.tokens import load_tokenizer

CONTROLNET = "controlnet-lines"
CONTROL_GAINS = (2.5, 0.75, 0.5)
"""How much louder than in training the ControlNet speaks on 16, 8 and 4 latents, at a control scale of 1.

Loud where the lines are, so that a foreign hand's are followed; low where it is guessed what they stand for, which the
words know better. With less than this below, the object's usual shape shows beside the drawn one.
"""


@torch.no_grad()
def amplify(controlnet: ControlNetModel, gains: Sequence[float]) -> ControlNetModel:
    """Multiplies all that a ControlNet says, in its last layers, by a gain for each resolution, the largest first."""
    last = len(gains) - 1
    levels = [0]
    for level in range(len(gains)):
        levels += [level] * controlnet.config["layers_per_block"] + [min(level + 1, last)]  # its layers; the way down
    for layer, level in zip((*controlnet.controlnet_down_blocks, controlnet.controlnet_mid_block), levels, strict=True):
        for weight in layer.parameters():
            weight.mul_(gains[level])
    return controlnet


def export(work: Path, folder: Path) -> None:
    """Writes everything to `folder`; what was there is replaced only once all is written."""
    logging.set_verbosity_error()
    artist = diffusion.load_trained(work)
    pipeline = StableDiffusionPipeline(
        vae=autoencoder.load_trained(work),
        text_encoder=artist.text_encoder,
        tokenizer=load_tokenizer(work),
        unet=artist.unet,
        scheduler=build_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    arriving = folder.with_name(folder.name + ".arriving")
    shutil.rmtree(arriving, ignore_errors=True)
    colours = LatentToRgb.measured(pipeline.vae)
    pipeline.to(dtype=torch.float16).save_pretrained(arriving, safe_serialization=True)
    amplify(artist.controlnet, CONTROL_GAINS).half().save_pretrained(arriving / CONTROLNET, safe_serialization=True)
    colours.write(arriving / "vae")
    upscaler.export(work, arriving)
    for file in arriving.rglob("*.safetensors"):
        file.chmod(0o644)
    shutil.rmtree(folder, ignore_errors=True)
    arriving.rename(folder)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    tell(f"export: {size / 1e6:.1f} MB in {folder}")
