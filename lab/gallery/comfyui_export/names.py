"""What ComfyUI and its users call what the lab has: files of weights, samplers with schedules, kinds of control."""

from __future__ import annotations

import re
from typing import NamedTuple

from lab.core.errors import BadInput
from lab.core.model_card import ControlSource, ModelCard
from lab.gallery.foreign.names import bare_name

_FILES = {
    "sd15": "v1-5-pruned-emaonly.safetensors",
    "sd15-inpaint": "sd-v1-5-inpainting.safetensors",
    "sdxl": "sd_xl_base_1.0.safetensors",
    "sdxl-inpaint": "sd_xl_base_1.0_inpainting_0.1.safetensors",
    "sdxl-turbo": "sd_xl_turbo_1.0_fp16.safetensors",
    "instruct-pix2pix": "instruct-pix2pix-00-22000.safetensors",
    "z-image": "z_image_turbo_bf16.safetensors",
}
"""The catalogue's models as single files, as their makers publish them."""
_UNION_TYPES = (
    "openpose",
    "depth",
    "hed/pidi/scribble/ted",
    "canny/lineart/anime_lineart/mlsd",
    "normal",
    "segment",
    "tile",
    "repaint",
)
"""The choices of `SetUnionControlNetType`, by the numbers that the model itself knows them by."""
_TRAINED_STEPS = 1000


class SamplerName(NamedTuple):
    """A sampler and its schedule, in ComfyUI's words."""

    sampler: str
    schedule: str


_BASES = {
    "ddim": "ddim",
    "euler": "euler",
    "euler a": "euler_ancestral",
    "dpm++ 2m": "dpmpp_2m",
    "dpm++ 2m sde": "dpmpp_2m_sde",
    "unipc": "uni_pc_bh2",
    "lcm": "lcm",
}
_SCHEDULES = {"": "normal", "trailing": "sgm_uniform", "karras": "karras", "exponential": "exponential"}


def sampler_name(scheduler: str, steps: int, family: str) -> SamplerName:
    """The lab's sampler in ComfyUI's words.

    Raises:
        BadInput: when ComfyUI has none like it.
    """
    base = max((name for name in _BASES if scheduler == name or scheduler.startswith(f"{name} ")), key=len, default="")
    rest = scheduler.removeprefix(base).strip()
    if not base or rest not in _SCHEDULES:
        msg = f"ComfyUI has no sampler like {scheduler!r}: use another, such as scheduler='euler'"
        raise BadInput(msg)
    if family == "z-image":
        return SamplerName(_BASES[base], "simple")
    if base == "lcm":
        return SamplerName("lcm", "sgm_uniform")
    if scheduler == "ddim" and len(range(1, _TRAINED_STEPS, max(_TRAINED_STEPS // steps, 1))) == steps:
        return SamplerName("ddim", "ddim_uniform")  # elsewhere it has a step more
    return SamplerName(_BASES[base], _SCHEDULES[rest])


def model_file(card: ModelCard) -> str:
    """The file of a model, as ComfyUI's folders may have it: its name alone."""
    if card.name in _FILES:
        return _FILES[card.name]
    return f"{bare_name(card.repo or card.name)}.safetensors"


def lora_file(name: str) -> str:
    """The file of a LoRA: its name alone."""
    return f"{bare_name(name)}.safetensors"


def control_file(source: ControlSource) -> str:
    """The file of a ControlNet: its repository's name, or its own where it is one file of several."""
    return f"{bare_name(re.split(':', source.repo)[-1])}.safetensors"


def union_type(mode: int) -> str:
    """The choice of `SetUnionControlNetType` for a kind that the model knows by number."""
    return _UNION_TYPES[mode]


def escaped(words: str) -> str:
    """The words with brackets that stand for themselves: ComfyUI weighs what is in plain ones."""
    return words.replace("(", "\\(").replace(")", "\\)")
