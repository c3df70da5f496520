"""In which dtype a family works on which device, and in which ones it is tried again: all of it in one table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

_SINGLE, _HALF, _BRAIN = torch.float32, torch.float16, torch.bfloat16
_BRAIN_SINCE = 8
"""Compute capability from which on NVIDIA's GPUs count in bfloat16 as fast as in float16 (Ampere, sm_80)."""

_UNET = {
    # published in float16, of which bfloat16 would keep three bits fewer
    "cpu": (_SINGLE,),
    "mps": (_HALF, _SINGLE),
    "older cuda": (_HALF, _SINGLE),
    "cuda": (_HALF, _BRAIN, _SINGLE),
}
_BRAINS = {
    # Z-Image's values leave the range of float16: black pictures (github.com/Tongyi-MAI/Z-Image/issues/14)
    "cpu": (_SINGLE,),
    "mps": (_BRAIN, _SINGLE),
    "older cuda": (_BRAIN, _SINGLE),
    "cuda": (_BRAIN, _SINGLE),
}
_TABLE = {
    "starter": _UNET,
    "sd15": _UNET,
    "instruct": _UNET,
    "sdxl": _UNET,
    "z-image": _BRAINS,
    "klein": _BRAINS,
    "qwen-edit": _BRAINS,
}
"""By family and kind of device: the dtype to work in, then those to try again in, the safer the later.

FLUX.2 klein and Qwen-Image-Edit were trained and published in bfloat16. GPUs before Ampere, and Apple's, have no fast
bfloat16, and both take their time on them; float32 would want 24.6 GB for Z-Image's transformer alone.
"""


def device_kind(device: torch.device) -> str:
    """The column of the table for a device."""
    if device.type == "cuda" and torch.cuda.get_device_capability(device)[0] < _BRAIN_SINCE:
        return "older cuda"
    return device.type


def dtypes_for(family: str, device: torch.device) -> tuple[torch.dtype, ...]:
    """The dtype in which a family works on a device, and behind it those to try again in if it makes no numbers."""
    return _TABLE[family][device_kind(device)]


def dtypes_in_words(device: torch.device) -> str:
    """The same for a person: "float16, z-image in bfloat16"."""
    used = {family: str(dtypes_for(family, device)[0]).removeprefix("torch.") for family in _TABLE}
    usual = used["sd15"]
    others = [f"{family} in {dtype}" for family, dtype in used.items() if dtype != usual]
    return ", ".join([usual, *others])


@contextmanager
def upcast(vae: Any) -> Iterator[torch.dtype]:
    """While this lasts, an autoencoder that overflows in float16 works in float32; the dtype that it works in.

    SDXL's does, and some fine-tuned ones of SD 1.5; diffusers' config calls it `force_upcast`.
    """
    dtype = vae.dtype
    if dtype != torch.float16 or not vae.config.get("force_upcast"):
        yield dtype
        return
    vae.to(dtype=torch.float32)
    try:
        yield torch.float32
    finally:
        vae.to(dtype=dtype)
