"""Writes a model as one file, under the names that Stable Diffusion's weights were first published with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

Weights = dict[str, torch.Tensor]

_RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
    "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
}  # fmt: skip
_UNET = {
    "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
}  # fmt: skip
_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
_OPEN_CLIP = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "fc1": "c_fc", "fc2": "c_proj", "self_attn": "attn"}


def write_checkpoint(pipe: Any, file: Path) -> Path:
    """The components of a Stable Diffusion pipeline, SD 1.5 or SDXL, in one file."""
    weights = {f"model.diffusion_model.{name}": weight for name, weight in _unet(pipe.unet).items()}
    weights |= {f"first_stage_model.{name}": weight for name, weight in _vae(pipe.vae).items()}
    words = {name.removeprefix("text_model."): weight for name, weight in pipe.text_encoder.state_dict().items()}
    second = getattr(pipe, "text_encoder_2", None)
    prefix = "cond_stage_model" if second is None else "conditioner.embedders.0"
    weights |= {f"{prefix}.transformer.text_model.{name}": weight for name, weight in words.items()}
    if second is not None:
        weights |= {f"conditioner.embedders.1.model.{name}": weight for name, weight in _open_clip(second).items()}
    save_file({name: weight.contiguous().clone() for name, weight in weights.items()}, file)
    return file


def write_control(net: Any, file: Path, prefix: str) -> Path:
    """A ControlNet in one file; its makers put a prefix before all names, others do not."""
    given = net.state_dict()
    own = {name: weight for name, weight in given.items() if name.startswith("controlnet_")}
    weights = {_control_place(name): weight for name, weight in own.items()}
    weights |= _unet(net, {name: weight for name, weight in given.items() if name not in own})
    save_file({f"{prefix}{name}": weight.contiguous().clone() for name, weight in weights.items()}, file)
    return file


def _control_place(name: str) -> str:
    name = re.sub(
        r"controlnet_cond_embedding\.blocks\.(\d+)", lambda at: f"input_hint_block.{2 * int(at[1]) + 2}", name
    )
    name = re.sub(r"controlnet_down_blocks\.(\d+)", r"zero_convs.\1.0", name)
    ends = {"controlnet_mid_block": "middle_block_out.0", "controlnet_cond_embedding.conv_in": "input_hint_block.0",
            "controlnet_cond_embedding.conv_out": "input_hint_block.14"}  # fmt: skip
    return _renamed(name, ends)


def _unet(unet: Any, weights: Weights | None = None) -> Weights:
    layers = unet.config.layers_per_block

    def place(name: str) -> str:
        found = re.match(
            r"(down|mid|up)_block(?:s\.(\d+))?\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.", name
        )
        if found is None:
            return next(new + name[len(old) :] for old, new in _UNET.items() if name.startswith(old))
        side, block, kind, layer = found[1], int(found[2] or 0), found[3], int(found[4])
        rest = name[found.end() :]
        if kind == "resnets":
            rest = _renamed(rest, _RESNET)
        row = block * (layers + 1) + layer
        match side, kind:
            case "mid", _:
                return f"middle_block.{2 * layer + (kind == 'attentions')}.{rest}"
            case "down", "downsamplers":
                return f"input_blocks.{(block + 1) * (layers + 1)}.0.{rest.replace('conv', 'op')}"
            case "down", _:
                return f"input_blocks.{1 + row}.{int(kind == 'attentions')}.{rest}"
            case _, "upsamplers":
                attends = hasattr(unet.up_blocks[block], "attentions")
                return f"output_blocks.{block * (layers + 1) + layers}.{1 + attends}.{rest}"
            case _:
                return f"output_blocks.{row}.{int(kind == 'attentions')}.{rest}"

    return {place(name): weight for name, weight in (weights or unet.state_dict()).items()}


def _vae(vae: Any) -> Weights:
    last = len(vae.config.up_block_types) - 1

    def place(name: str) -> str:
        name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
        if ".mid_block.attentions.0." in name:
            side, rest = name.split(".mid_block.attentions.0.")
            return f"{side}.mid.attn_1.{_renamed(rest, _ATTENTION)}"
        name = re.sub(r"mid_block\.resnets\.(\d+)", lambda found: f"mid.block_{int(found[1]) + 1}", name)
        name = re.sub(r"down_blocks\.(\d+)\.resnets", r"down.\1.block", name)
        name = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", name)
        name = re.sub(r"up_blocks\.(\d+)\.resnets", lambda found: f"up.{last - int(found[1])}.block", name)
        return re.sub(r"up_blocks\.(\d+)\.upsamplers\.0", lambda found: f"up.{last - int(found[1])}.upsample", name)

    weights = {place(name): weight for name, weight in vae.state_dict().items()}
    return {
        name: weight[:, :, None, None] if ".attn_1." in name and weight.ndim == 2 else weight
        for name, weight in weights.items()
    }


def _open_clip(encoder: Any) -> Weights:
    """SDXL's second text encoder, whose three projections of an attention are one matrix."""
    given = {name.removeprefix("text_model."): weight for name, weight in encoder.state_dict().items()}
    weights = {
        "positional_embedding": given.pop("embeddings.position_embedding.weight"),
        "token_embedding.weight": given.pop("embeddings.token_embedding.weight"),
        "text_projection": given.pop("text_projection.weight").T,
        "ln_final.weight": given.pop("final_layer_norm.weight"),
        "ln_final.bias": given.pop("final_layer_norm.bias"),
    }
    for name, weight in given.items():
        block = _renamed(name.replace("encoder.layers.", "transformer.resblocks."), _OPEN_CLIP)
        if ".q_proj." in name:
            three = [given[name.replace("q_proj", f"{part}_proj")] for part in "qkv"]
            weights[block.replace(".q_proj.", ".in_proj_")] = torch.cat(three)
        elif ".k_proj." not in name and ".v_proj." not in name:
            weights[block] = weight
    return weights


def _renamed(name: str, table: dict[str, str]) -> str:
    for old, new in table.items():
        name = re.sub(rf"(^|\.){re.escape(old)}(?=\.)", rf"\g<1>{new}", name)
    return name
