"""Tiny models of each family's shape: real classes, random weights, a few hundred kilobytes, made in a second."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    ControlNetModel,
    DDIMScheduler,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
CONTROL = "controlnet-lines"


def make_tiny(folder: Path, family: str) -> Path:
    """Write a model and its ControlNet as `lab/starter/weights` is laid out; the folder."""
    torch.manual_seed(0)
    pipe, channels = {"starter": _starter, "sd15": _sd15, "sdxl": _sdxl}[family](folder / "words")
    pipe.save_pretrained(folder)
    control = ControlNetModel.from_unet(pipe.unet, conditioning_embedding_out_channels=channels)
    with torch.no_grad():
        for weight in control.parameters():
            # A fresh ControlNet ends in zeros and would change nothing.
            weight.add_(torch.randn_like(weight) * 0.02)
    control.save_pretrained(folder / CONTROL)
    return folder


def _starter(words: Path) -> tuple[Any, tuple[int, ...]]:
    channels = (8, 8, 8, 8, 8)
    vae = AutoencoderTiny(
        encoder_block_out_channels=channels, decoder_block_out_channels=channels,
        num_encoder_blocks=(1,) * 5, num_decoder_blocks=(1,) * 5, latent_channels=4,
    )  # fmt: skip
    scheduler = DDIMScheduler(
        prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing", clip_sample=False
    )
    return _stable_diffusion(words, vae, scheduler), channels


def _sd15(words: Path) -> tuple[Any, tuple[int, ...]]:
    scheduler = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False)
    return _stable_diffusion(words, _vae(), scheduler), (8, 8)


def _stable_diffusion(words: Path, vae: Any, scheduler: Any) -> StableDiffusionPipeline:
    tokenizer = _tokenizer(words)
    return StableDiffusionPipeline(
        vae=vae, text_encoder=CLIPTextModel(_text(tokenizer)), tokenizer=tokenizer, unet=_unet(32),
        scheduler=scheduler, safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip


def _sdxl(words: Path) -> tuple[Any, tuple[int, ...]]:
    tokenizer = _tokenizer(words)
    pipe = StableDiffusionXLPipeline(
        vae=_vae(), tokenizer=tokenizer, tokenizer_2=tokenizer, text_encoder=CLIPTextModel(_text(tokenizer)),
        text_encoder_2=CLIPTextModelWithProjection(_text(tokenizer)),
        unet=_unet(
            64, addition_embed_type="text_time", addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=32 + 6 * 8, transformer_layers_per_block=(1, 2),
        ),
        scheduler=EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
    )  # fmt: skip
    return pipe, (8, 8)


def _unet(words: int, **more: Any) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(32, 64),
        norm_num_groups=8, cross_attention_dim=words, attention_head_dim=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **more,
    )  # fmt: skip


def _vae() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8, 16), norm_num_groups=4, latent_channels=4, sample_size=32,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
    )  # fmt: skip


def _text(tokenizer: CLIPTokenizer) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=3, projection_dim=32,
        num_attention_heads=4, max_position_embeddings=16, pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip


def _tokenizer(folder: Path) -> CLIPTokenizer:
    folder.mkdir(parents=True)
    words = ["<|startoftext|>", "<|endoftext|>", *_LETTERS, *(f"{letter}</w>" for letter in _LETTERS)]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=16)
