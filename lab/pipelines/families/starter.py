"""The starter model: Stable-Diffusion-shaped, shipped with the lab, loaded and run exactly as SD 1.5 is."""

from __future__ import annotations

from dataclasses import replace

from lab.pipelines.families.sd15 import SD15

STARTER = replace(SD15, name="starter")
