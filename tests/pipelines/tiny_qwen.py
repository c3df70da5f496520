"""A tiny Qwen-Image-Edit: real classes and random weights, 0.13 M of them, and random statistics of its latents."""

from __future__ import annotations

import torch
from diffusers import (
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    QwenImageEditPlusPipeline,
    QwenImageTransformer2DModel,
)
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen2VLImageProcessor,
    Qwen2VLProcessor,
    Qwen2VLVideoProcessor,
)

_PLACES = {
    "<|image_pad|>": "image", "<|video_pad|>": "video", "<|vision_start|>": "vision_start",
    "<|vision_end|>": "vision_end", "<|im_start|>": "", "<|im_end|>": "",
}  # fmt: skip
"""Signs of Qwen2.5-VL's conversations, and as which its config knows their numbers."""


def qwen_edit(tokenizer: Qwen2Tokenizer) -> QwenImageEditPlusPipeline:
    """A pipeline whose words' network sees pictures; the tokenizer is taught the signs that stand for them."""
    tokenizer.add_special_tokens({"additional_special_tokens": list(_PLACES)})
    numbers = dict(zip(_PLACES.values(), tokenizer.convert_tokens_to_ids(list(_PLACES)), strict=True))
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2,
            "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 4096,
            "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10_000.0},
        },
        vision_config={
            "depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16,
            "fullatt_block_indexes": [0],
        },
        **{f"{name}_token_id": number for name, number in numbers.items() if name},
    )  # fmt: skip
    processor = Qwen2VLProcessor(Qwen2VLImageProcessor(), tokenizer, Qwen2VLVideoProcessor(), chat_template="")
    transformer = QwenImageTransformer2DModel(
        num_layers=2, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=16, axes_dims_rope=(4, 6, 6),
        zero_cond_t=True,
    )  # fmt: skip
    spread = torch.rand(2, 16).tolist()
    vae = AutoencoderKLQwenImage(
        base_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1, latents_mean=spread[0],
        latents_std=[one + 0.5 for one in spread[1]],
    )  # fmt: skip
    scheduler = FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True, base_shift=0.5, max_shift=0.9, max_image_seq_len=8192, shift_terminal=0.02,
        time_shift_type="exponential",
    )  # fmt: skip
    return QwenImageEditPlusPipeline(
        scheduler=scheduler, vae=vae.eval(), text_encoder=Qwen2_5_VLForConditionalGeneration(config).eval(),
        tokenizer=tokenizer, processor=processor, transformer=transformer.eval(),
    )  # fmt: skip
