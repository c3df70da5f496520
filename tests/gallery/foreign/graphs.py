"""Graphs of ComfyUI as small tables, written by hand: the API's form and the page's."""

from __future__ import annotations

import json
from typing import Any

from lab.core import Recipe
from tests.gallery.foreign.containers import png_text

BIG_SEED = 2**53 + 3
RECIPE = Recipe(
    model="moorland_v2.safetensors", prompt="a teapot on a moor", negative_prompt="fog", seed=41, steps=22,
    guidance_scale=6.5, width=640, height=512, scheduler="dpm++ 2m karras",
)  # fmt: skip
"""What `text_graph` stands for."""


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": kind}}


def text_graph(**changes: dict[str, Any]) -> dict[str, Any]:
    """Words to picture; any node may be changed or added by its id."""
    return {
        "4": node("CheckpointLoaderSimple", ckpt_name="moorland_v2.safetensors"),
        "5": node("EmptyLatentImage", width=640, height=512, batch_size=1),
        "6": node("CLIPTextEncode", text="a teapot on a moor", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="fog", clip=["4", 1]),
        "3": sampler(),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", images=["8", 0], filename_prefix="moor"),
    } | changes


def sampler(**changes: Any) -> dict[str, Any]:
    inputs = {
        "seed": 41, "steps": 22, "cfg": 6.5, "sampler_name": "dpmpp_2m", "scheduler": "karras", "denoise": 1.0,
        "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0],
    }  # fmt: skip
    return node("KSampler", **(inputs | changes))


def file_of(graph: Any, **more: str) -> bytes:
    return png_text(prompt=json.dumps(graph).encode(), **more)
