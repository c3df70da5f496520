"""Writes the trained parts as a Stable Diffusion folder, fp16 safetensors and configs, that plain diffusers loads."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from diffusers.utils import logging

from lab.starter.train import autoencoder, diffusion, upscaler
from lab.starter.train.models import build_scheduler
from lab.starter.train.news import tell
from lab.starter.train.tokens import load_tokenizer

CONTROLNET = "controlnet-lines"


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
    pipeline.to(dtype=torch.float16).save_pretrained(arriving, safe_serialization=True)
    artist.controlnet.half().save_pretrained(arriving / CONTROLNET, safe_serialization=True)
    upscaler.export(work, arriving)
    for file in arriving.rglob("*.safetensors"):
        file.chmod(0o644)
    shutil.rmtree(folder, ignore_errors=True)
    arriving.rename(folder)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    tell(f"export: {size / 1e6:.1f} MB in {folder}")
