"""The networks of each family at their full sizes, on torch's meta device, which holds nothing."""

from __future__ import annotations

import json
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    Flux2Transformer2DModel,
    QwenImageTransformer2DModel,
    UNet2DConditionModel,
    ZImageTransformer2DModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
)

from lab.pipelines.families import FAMILIES
from lab.pipelines.weights.single_file import _CONFIGS

META = torch.device("meta")
Z_VAE = {
    "block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "latent_channels": 16, "use_quant_conv": False,
    "use_post_quant_conv": False, "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4, "sample_size": 1024,
}  # fmt: skip
_QWEN = {
    "vocab_size": 151_936, "hidden_size": 2560, "intermediate_size": 9728, "num_attention_heads": 32,
    "num_key_value_heads": 8, "head_dim": 128,
}  # fmt: skip
_QWEN_VL = {  # config.json of Qwen/Qwen2.5-VL-7B-Instruct
    "text_config": {
        "vocab_size": 152_064, "hidden_size": 3584, "intermediate_size": 18_944, "num_hidden_layers": 28,
        "num_attention_heads": 28, "num_key_value_heads": 4,
    },
    "vision_config": {
        "depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 3584,
    },
    "tie_word_embeddings": False,
}  # fmt: skip


def config_of(family: str, part: str) -> dict[str, Any]:
    """What the lab's own config says of a part of Stable Diffusion."""
    found = json.loads((_CONFIGS / family / part / "config.json").read_text())
    return {name: value for name, value in found.items() if not name.startswith("_")}


def full_size(family: str, text_layers: int | None = None) -> dict[str, Any]:
    """The networks of a family by their names; of klein's text encoder so many layers, those that are read if None."""
    with META:
        if family == "klein":
            layers = text_layers or FAMILIES["klein"].text_layers
            words = Qwen3Config(**_QWEN, num_hidden_layers=layers, tie_word_embeddings=True)
            transformer = Flux2Transformer2DModel(
                patch_size=1, in_channels=128, num_layers=5, num_single_layers=20, num_attention_heads=24,
                joint_attention_dim=7680, guidance_embeds=False,
            )  # fmt: skip
            return {
                "transformer": transformer, "text_encoder": Qwen3ForCausalLM(words), "vae": AutoencoderKLFlux2(),
            }  # fmt: skip
        if family == "qwen-edit":
            return {
                "transformer": QwenImageTransformer2DModel(zero_cond_t=True),
                "text_encoder": Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(**_QWEN_VL)),
                "vae": AutoencoderKLQwenImage(),
            }
        if family == "z-image":
            words = Qwen3Config(**_QWEN, num_hidden_layers=36)
            vae = AutoencoderKL(**Z_VAE)
            return {"transformer": ZImageTransformer2DModel(), "text_encoder": Qwen3Model(words), "vae": vae}
        parts: dict[str, Any] = {
            "unet": UNet2DConditionModel(**config_of(family, "unet")),
            "text_encoder": CLIPTextModel(CLIPTextConfig(**config_of(family, "text_encoder"))),
            "vae": AutoencoderKL(**config_of(family, "vae")),
        }
        if family == "sdxl":
            second = CLIPTextConfig(**config_of("sdxl", "text_encoder_2"))
            parts["text_encoder_2"] = CLIPTextModelWithProjection(second)
        return parts
