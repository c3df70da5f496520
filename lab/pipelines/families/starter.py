"""The starter model: Stable-Diffusion-shaped, shipped with the lab, loaded and run exactly as SD 1.5 is."""

from __future__ import annotations

from dataclasses import replace

from lab.pipelines.families.sd15 import SD15

STARTER = replace(
    SD15,
    name="starter",
    # diffusers' inpaint pipelines want 4 latent channels, this model has 12.
    pipelines={way: kind for way, kind in SD15.pipelines.items() if way[0] != "inpaint"},
)
