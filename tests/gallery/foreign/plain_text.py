"""A text as AUTOMATIC1111's web UI writes it, and the recipe that it stands for."""

from __future__ import annotations

from lab.core import Recipe

PLAIN = (
    "a teapot on a moor\nNegative prompt: fog\n"
    "Steps: 22, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 41, Size: 640x512, "
    "Model hash: 0123456789, Model: moorland_v2, Version: v1.10.1"
)


RECIPE = Recipe(
    model="moorland_v2", prompt="a teapot on a moor", negative_prompt="fog", seed=41, steps=22, guidance_scale=6.5,
    width=640, height=512, scheduler="dpm++ 2m karras",
)  # fmt: skip
