"""Turns exported weights back into checkpoints, so that training can go on from the shipped model."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderTiny, ControlNetModel, UNet2DConditionModel
from safetensors.torch import load_file
from transformers import CLIPTextModel, CLIPTokenizer

from lab.starter.train import autoencoder, checkpoints, diffusion, upscaler
from lab.starter.train.export import CONTROL_GAINS, CONTROLNET, amplify
from lab.starter.train.models import Artist
from lab.starter.train.news import tell
from lab.starter.train.tokens import FOLDER


def adopt(weights: Path, work: Path) -> None:
    """Writes the checkpoints that training goes on from; refuses to touch a training that has begun.

    Args:
        weights: an exported model.
        work: the working folder; its clocks start at zero, the optimisers are new.
    """
    for name in (autoencoder.CHECKPOINT, diffusion.CHECKPOINT, upscaler.CHECKPOINT):
        if (work / name).exists():
            begun = f"{work / name} exists: training has begun there; remove it, or choose another --work"
            raise FileExistsError(begun)
    settings = {"torch_dtype": torch.float32, "local_files_only": True}
    artist = Artist()
    parts = {
        artist.text_encoder: CLIPTextModel.from_pretrained(weights / "text_encoder", dtype=torch.float32),
        artist.unet: UNet2DConditionModel.from_pretrained(weights / "unet", **settings),
        artist.controlnet: amplify(
            ControlNetModel.from_pretrained(weights / CONTROLNET, **settings), [1 / gain for gain in CONTROL_GAINS]
        ),
    }
    for part, trained in parts.items():
        # what the weights are too old to have, such as the words in the time embedding, starts as it is built: silent
        part.load_state_dict({**part.state_dict(), **trained.state_dict()})
    fresh = {"step": 0, "spent_s": 0.0}
    learned = artist.state_dict()
    checkpoints.save(work / diffusion.CHECKPOINT, {"artist": learned, "average": learned, **fresh})
    pictures = AutoencoderTiny.from_pretrained(weights / "vae", **settings)
    checkpoints.save(work / autoencoder.CHECKPOINT, {"model": pictures.state_dict(), **fresh})
    enlarging = {name: each.float() for name, each in load_file(weights / upscaler.FILE).items()}
    checkpoints.save(work / upscaler.CHECKPOINT, {"model": enlarging, "average": enlarging, **fresh})
    CLIPTokenizer.from_pretrained(weights / "tokenizer", local_files_only=True).save_pretrained(work / FOLDER)
    tell(f"adopt: {weights} is in {work}; go on with pool, latents and diffusion")
