"""Tiny models of each family's shape: real classes, random weights, a few hundred kilobytes, made in a second."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderTiny,
    ControlNetModel,
    ControlNetUnionModel,
    DDIMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImageControlNetModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from safetensors.torch import save_file
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
)
from transformers.convert_slow_tokenizer import bytes_to_unicode

from tests.pipelines.tiny_qwen import qwen_edit

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
KINDS = (
    "starter", "sd15", "sdxl", "z-image", "klein", "klein-base", "qwen-edit", "instruct", "sd15-inpaint",
    "sdxl-inpaint",
)  # fmt: skip
"""Every tiny model there is: one of each family, and those that were made to fill masks."""
CONTROL, SECOND_CONTROL, UNION = "controlnet-lines", "controlnet-depth", "controlnet-union"


def make_tiny(folder: Path, kind: str) -> Path:
    """Write a model and its ControlNet as `lab/starter/weights` is laid out; the folder."""
    torch.manual_seed(0)
    family = kind.removesuffix("-inpaint")
    if family.startswith("klein"):
        klein(folder / "words", is_distilled=family == "klein").save_pretrained(folder)
        return folder
    if family == "qwen-edit":
        qwen_edit(chat_tokenizer(folder / "words")).save_pretrained(folder)
        return folder
    if family == "z-image":
        pipe, control, second = _z_image(folder / "words")
        _save_control(control, folder / CONTROL)
        _save_control(second, folder / SECOND_CONTROL)
    else:
        pipe, channels = {"starter": _starter, "sd15": _sd15, "sdxl": _sdxl, "instruct": _instruct}[family](
            folder / "words"
        )
        control = ControlNetModel.from_unet(pipe.unet, conditioning_embedding_out_channels=channels)
        _save_control(control, folder / CONTROL)
        _save_control(_other(control), folder / SECOND_CONTROL)
    if family == "sdxl":
        union = ControlNetUnionModel.from_unet(pipe.unet)
        union = ControlNetUnionModel(**{
            **union.config, "conditioning_embedding_out_channels": channels, "num_control_type": 4,
            "num_trans_channel": 32, "num_trans_head": 4, "num_proj_channel": 32,
        })  # fmt: skip
        _save_control(union, folder / UNION)
    if family != kind:
        pipe.unet = UNet2DConditionModel.from_config({**pipe.unet.config, "in_channels": 9})
    pipe.save_pretrained(folder)
    return folder


def make_lora(pipe: Any, file: Path, backbone: str = "unet") -> Path:
    """Write a LoRA for the attention of a pipeline's backbone, as trainers write them; the file."""
    torch.manual_seed(1)
    model = getattr(pipe, backbone)
    weights = {}
    for name, layer in model.named_modules():
        if name.endswith(("to_q", "to_v")):
            weights[f"{backbone}.{name}.lora_A.weight"] = torch.randn(4, layer.in_features) * 0.3
            weights[f"{backbone}.{name}.lora_B.weight"] = torch.randn(layer.out_features, 4) * 0.3
    save_file(weights, file)
    return file


def make_ip_adapter(pipe: Any, folder: Path) -> Path:
    """Write an IP-Adapter with its image encoder, as `h94/IP-Adapter` is laid out; the folder."""
    torch.manual_seed(2)
    words = pipe.unet.config.cross_attention_dim
    weights = {
        "image_proj.proj.weight": torch.randn(4 * words, 32) * 0.2,
        "image_proj.proj.bias": torch.zeros(4 * words),
        "image_proj.norm.weight": torch.ones(words),
        "image_proj.norm.bias": torch.zeros(words),
    }
    number = 1
    for name in pipe.unet.attn_processors:
        if name.endswith("attn2.processor"):
            hidden = pipe.unet.get_submodule(name.removesuffix(".processor")).to_q.out_features
            for part in ("to_k_ip", "to_v_ip"):
                weights[f"ip_adapter.{number}.{part}.weight"] = torch.randn(hidden, words) * 0.3
            number += 2
    (folder / "models").mkdir(parents=True)
    save_file(weights, folder / "models" / "tiny.safetensors")
    encoder = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=32,
            patch_size=8,
            projection_dim=32,
        )
    )
    encoder.save_pretrained(folder / "models" / "image_encoder")
    return folder


def _save_control(control: Any, folder: Path) -> None:
    with torch.no_grad():
        for weight in control.parameters():
            # A fresh ControlNet ends in zeros and would change nothing.
            weight.add_(torch.randn_like(weight) * 0.02)
    control.save_pretrained(folder)


def _other(control: ControlNetModel) -> ControlNetModel:
    return ControlNetModel.from_config(control.config)


def _z_image(words: Path) -> tuple[ZImagePipeline, ZImageControlNetModel, ZImageControlNetModel]:
    """With a ControlNet of the first generation, and one of the second, which also refines the noise."""
    tokenizer = chat_tokenizer(words)
    sides = {"dim": 32, "n_refiner_layers": 1, "n_heads": 2, "n_kv_heads": 2}
    transformer = ZImageTransformer2DModel(
        in_channels=16, n_layers=2, cap_feat_dim=16, axes_dims=[8, 4, 4], axes_lens=[1024, 32, 32], **sides
    )
    with torch.no_grad():
        for name, weight in transformer.named_parameters():
            if "pad_token" in name:
                weight.normal_()  # comes uninitialised
    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=512, head_dim=8,
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), norm_num_groups=4, latent_channels=16, sample_size=32, scaling_factor=0.3611,
        shift_factor=0.1159, down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        use_quant_conv=False, use_post_quant_conv=False,
    )  # fmt: skip
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    pipe = ZImagePipeline(scheduler, vae, Qwen3Model(config), tokenizer, transformer)
    second = ZImageControlNetModel(
        control_layers_places=[0, 1], control_refiner_layers_places=[0], control_in_dim=33,
        add_control_noise_refiner="control_noise_refiner", **sides,
    )  # fmt: skip
    return pipe, ZImageControlNetModel(control_layers_places=[0], control_in_dim=16, **sides), second


def klein(words: Path, *, is_distilled: bool = True, layers: int = 28, side: int = 16) -> Flux2KleinPipeline:
    """FLUX.2 klein of one block of each kind, with random statistics of its latents; 0.14 M weights.

    Args:
        words: the folder for its vocabulary.
        is_distilled: as the pipeline's own settings say.
        layers: of the network that reads words; 28 are read.
        side: of its attention heads.
    """
    tokenizer = chat_tokenizer(words)
    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=16, num_hidden_layers=layers,
        num_attention_heads=2, num_key_value_heads=1, head_dim=8, max_position_embeddings=512, tie_word_embeddings=True,
    )  # fmt: skip
    transformer = Flux2Transformer2DModel(
        patch_size=1, in_channels=128, num_layers=1, num_single_layers=1, attention_head_dim=side,
        num_attention_heads=2, joint_attention_dim=24, timestep_guidance_channels=256, axes_dims_rope=(side // 4,) * 4,
        guidance_embeds=False,
    )  # fmt: skip
    vae = AutoencoderKLFlux2(
        block_out_channels=(8, 8, 8, 8), norm_num_groups=4, latent_channels=32, layers_per_block=1, sample_size=64
    )
    with torch.no_grad():
        vae.bn.running_mean.normal_()
        vae.bn.running_var.uniform_(0.5, 2)
    scheduler = FlowMatchEulerDiscreteScheduler(
        shift=3.0, use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15, time_shift_type="exponential"
    )
    return Flux2KleinPipeline(
        scheduler=scheduler, vae=vae.eval(), text_encoder=Qwen3ForCausalLM(config).eval(), tokenizer=tokenizer,
        transformer=transformer.eval(), is_distilled=is_distilled,
    )  # fmt: skip


def chat_tokenizer(folder: Path) -> Qwen2Tokenizer:
    """A tokenizer of letters, with the template of a conversation."""
    folder.mkdir(parents=True)
    signs = sorted(bytes_to_unicode().values())
    (folder / "vocab.json").write_text(json.dumps({sign: number for number, sign in enumerate(signs)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = Qwen2Tokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    return tokenizer


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


def _instruct(words: Path) -> tuple[Any, tuple[int, ...]]:
    """The shape of SD 1.5, with the latents of the picture beside those of the noise."""
    pipe, channels = _sd15(words)
    pipe.unet = UNet2DConditionModel.from_config({**pipe.unet.config, "in_channels": 8})
    return pipe, channels


def _stable_diffusion(words: Path, vae: Any, scheduler: Any) -> StableDiffusionPipeline:
    tokenizer = _tokenizer(words)
    return StableDiffusionPipeline(
        vae=vae, text_encoder=_encoder(tokenizer), tokenizer=tokenizer, unet=_unet(32),
        scheduler=scheduler, safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip


def _sdxl(words: Path) -> tuple[Any, tuple[int, ...]]:
    tokenizer = _tokenizer(words)
    pipe = StableDiffusionXLPipeline(
        vae=_vae(), tokenizer=tokenizer, tokenizer_2=tokenizer, text_encoder=CLIPTextModel(_text(tokenizer)),
        text_encoder_2=CLIPTextModelWithProjection(_text(tokenizer, hidden=48)),
        unet=_unet(
            32 + 48, addition_embed_type="text_time", addition_time_embed_dim=8,
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


def _encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """One whose states have a mean, as trained ones do: a norm as it begins leaves none but rounding."""
    encoder = CLIPTextModel(_text(tokenizer))
    for name, weight in encoder.named_parameters():
        if name.endswith("final_layer_norm.bias"):
            torch.nn.init.constant_(weight, 0.1)
    return encoder


def _text(tokenizer: CLIPTokenizer, hidden: int = 32) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=hidden, intermediate_size=64, num_hidden_layers=3, projection_dim=32,
        num_attention_heads=4, max_position_embeddings=16, pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip


def _tokenizer(folder: Path) -> CLIPTokenizer:
    folder.mkdir(parents=True)
    words = ["<|startoftext|>", "<|endoftext|>", *_LETTERS, *(f"{letter}</w>" for letter in _LETTERS)]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=16)
