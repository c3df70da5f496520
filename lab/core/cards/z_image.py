"""The cards of Z-Image, a diffusion transformer that reads long prompts."""

from __future__ import annotations

from dataclasses import replace

from lab.core.geometry import Size
from lab.core.model_card import ControlSource, ModelCard

_UNION = ControlSource(
    "alibaba-pai/Z-Image-Turbo-Fun-Controlnet-Union-2.1:Z-Image-Turbo-Fun-Controlnet-Union-2.1-8steps.safetensors"
)
"""Which also sees the mask and the picture of what is filled."""
_BASE_UNION = ControlSource("alibaba-pai/Z-Image-Fun-Controlnet-Union-2.1:Z-Image-Fun-Controlnet-Union-2.1.safetensors")
_KINDS = ("canny", "softedge", "depth", "openpose", "mlsd", "lines", "scribble")

Z_IMAGE = ModelCard(
    name="z-image",
    family="z-image",
    title="Z-Image-Turbo: 8 steps to a picture, reads long prompts; wants a GPU of 16 GB, or 24",
    licence="Apache-2.0",
    native=Size(1024, 1024),
    multiple=16,
    steps=8,
    live_steps=4,
    guidance_scale=1.0,
    scheduler="euler",
    controls=dict.fromkeys(_KINDS, _UNION),
    repo="Tongyi-MAI/Z-Image-Turbo",
    revision="f332072aa78be7aecdf3ee76d5c247082da564a6",
    schedulers=("euler",),
    rounds_steps_up=True,
    pieces_read=512,
    preview="madebyollin/taef1",
    download_gb=32.83,  # its transformer is stored in float32
    memory_gb=(20.52, 2.40),
)
Z_IMAGE_BASE = replace(
    Z_IMAGE,
    name="z-image-base",
    title="Z-Image before it was distilled: 28 steps or more with guidance, hears what to stay away from; 16 GB, or 24",
    steps=28,  # its makers name 28 to 50, and a guidance of 4, which counts from 0
    live_steps=12,
    guidance_scale=5.0,
    controls=dict.fromkeys(_KINDS, _BASE_UNION),
    repo="Tongyi-MAI/Z-Image",
    revision="04cc4abb7c5069926f75c9bfde9ef43d49423021",
    download_gb=20.52,
)
Z_IMAGE_CARDS = (Z_IMAGE, Z_IMAGE_BASE)
