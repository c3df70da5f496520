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


_KLEIN_ALONE = ("double_stream_modulation_img.", ("img_in.weight", "x_embedder.weight"), 3072)
"""FLUX.2's blocks share that layer; and how wide klein 4B's tokens are: the 9B's are 4096, those of dev 6144."""


def family_of_file(file: Path) -> str | None:
    """sd15 or sdxl, for a whole checkpoint of one; klein for its denoiser in a `.gguf`; None for any other file."""
    if file.suffix == ".gguf":
        return _family_of_gguf(file)
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


def _family_of_gguf(file: Path) -> str | None:
    """None too for a file that is damaged, and where the package that reads it is not installed."""
    try:
        from gguf import GGUFReader  # pyright: ignore[reportMissingImports] - not everywhere

        # its own order of sides is the other way round: the width of what comes out is the last one
        widths = {one.name: int(one.shape[-1]) for one in GGUFReader(file).tensors}
    except (ImportError, OSError, ValueError, IndexError, KeyError, UnicodeError):
        return None
    shared, entries, width = _KLEIN_ALONE
    is_klein = any(name.startswith(shared) for name in widths) and width in (widths.get(name) for name in entries)
    return "klein" if is_klein else None


def family_of_folder(folder: Path) -> str | None:
    """The family of a model in diffusers' layout; None for any other folder."""
    try:
        index = json.loads((folder / "model_index.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return _CLASSES.get(index.get("_class_name", "")) if isinstance(index, dict) else None
