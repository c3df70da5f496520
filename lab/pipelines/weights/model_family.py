"""Of which family a model on this machine is; what is none is told by what it is instead. Reads no weights.

Needs torch only to name what the lab does not draw with.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from safetensors import SafetensorError, safe_open

from lab.core.errors import BadInput
from lab.pipelines.weights.lora_header import TITLES, lora_header
from lab.pipelines.weights.model_header import family_of_file, family_of_folder

_PARTS = (
    (r"^(control_model\.|controlnet_|input_hint_block|controlnet_cond_embedding)", "a ControlNet"),
    (r"^(image_proj|ip_adapter)\.", "an IP-Adapter"),
    (r"^(emb_params|clip_[gl]|string_to_param.*)$", "a textual inversion"),
    (r"^(body\.\d+\.|model\.\d+\.|conv_first\.|params_ema\.)", "an upscaler"),
    (r"^(first_stage_model\.|encoder\.down\.|encoder\.down_blocks\.|decoder\.up)", "an autoencoder"),
    (r"^(text_model|encoder\.block)\.", "a text encoder"),
)
"""How the names of weights begin in files that are a part of a model, or stand beside one; the surest first."""
_WHOLE = "model.diffusion_model."


def family_at(place: Path) -> str:
    """The family of a model in a folder or file, from its index or header.

    Raises:
        BadInput: when it is none that the lab draws with; says what it is.
    """
    family = family_of_folder(place) if place.is_dir() else None
    if place.is_file():
        check_is_model(place)
        family = family_of_file(place)
    if family is None:
        draws = "the lab draws with Stable Diffusion 1.5, XL, Z-Image, FLUX.2 klein and Qwen-Image-Edit"
        msg = f"{place.name or place} is {_what(place)}: {draws}"
        raise BadInput(msg)
    return family


def check_is_model(file: Path) -> None:
    """Refuse a file that is surely no model of its own: a pickle, a LoRA, a part of a model.

    Raises:
        BadInput: says what it is.
    """
    if file.suffix == ".gguf":  # nothing else that the lab knows comes so
        return
    if file.suffix != ".safetensors":
        msg = f"{file.name} is no .safetensors file: convert it first; a .ckpt, for one, can run any program"
        raise BadInput(msg)
    lora = lora_header(file)
    if lora is not None:
        made_for = f" for {TITLES[lora.family]}" if lora.family else ""
        msg = f"{file.name} is a LoRA{made_for}, which goes on top of a model: add it under LoRAs"
        raise BadInput(msg)
    part = _part(file)
    if part:
        msg = f"{file.name} is {part}, and not a whole model: choose a checkpoint"
        raise BadInput(msg)


def _part(file: Path) -> str:
    """Which part of a model a file is; empty for a whole one, and for what nobody knows."""
    names = _names(file)
    if any(name.startswith(_WHOLE) for name in names):
        return ""
    return next((title for piece, title in _PARTS if any(re.search(piece, name) for name in names)), "")


def _names(file: Path) -> list[str]:
    try:
        with safe_open(file, framework="np") as opened:
            return [*opened.keys()]
    except (SafetensorError, OSError, ValueError):
        msg = f"{file.name} is not a safetensors file, or not all of it: fetch it again"
        raise BadInput(msg) from None


def _what(place: Path) -> str:
    """What a place holds that is no model of the lab's families, in words."""
    if place.is_dir():
        try:
            index = json.loads((place / "model_index.json").read_text("utf-8"))
        except (OSError, ValueError):
            return "not a model in diffusers' layout (it has no model_index.json)"
        return f"a {index.get('_class_name') or 'model of no class'}" if isinstance(index, dict) else "no model"
    if not place.is_file():
        return "neither a file nor a folder"
    if place.suffix == ".gguf":
        return "not FLUX.2 klein 4B's denoiser, or cannot be read here (the package gguf reads it)"
    from lab.pipelines.weights.checkpoint_kind import kind_of

    return kind_of(place) or "no model that is known here"
