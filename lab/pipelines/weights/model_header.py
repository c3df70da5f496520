"""Of which family a model of one file, or of a folder, is; from its header or its index. Needs no torch."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open

_CLASSES = {
    "StableDiffusionPipeline": "sd15",
    "StableDiffusionXLPipeline": "sdxl",
    "ZImagePipeline": "z-image",
    "Flux2KleinPipeline": "klein",
    "QwenImageEditPlusPipeline": "qwen-edit",
}
_UNET = "model.diffusion_model.input_blocks."
_SDXL_WORDS = "conditioner.embedders.1."
_CROSS = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
_SD15_WIDTH = 768
"""Of the words that its UNet listens to; Stable Diffusion 2 has 1024."""


def family_of_file(file: Path) -> str | None:
    """sd15 or sdxl, for a whole checkpoint of one; None for any other file."""
    try:
        with safe_open(file, framework="np") as opened:
            names = set(opened.keys())
            if not any(name.startswith(_UNET) for name in names):
                return None
            if any(name.startswith(_SDXL_WORDS) for name in names):
                return "sdxl"
            return "sd15" if _CROSS in names and opened.get_slice(_CROSS).get_shape()[1] == _SD15_WIDTH else None
    except (SafetensorError, OSError, ValueError, IndexError):
        return None


def family_of_folder(folder: Path) -> str | None:
    """The family of a model in diffusers' layout; None for any other folder."""
    try:
        index = json.loads((folder / "model_index.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return _CLASSES.get(index.get("_class_name", "")) if isinstance(index, dict) else None
