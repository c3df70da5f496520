"""Models that edit a picture by an instruction ("make it winter"): InstructPix2Pix, of the shape of SD 1.5."""

from __future__ import annotations

from dataclasses import replace

from diffusers import StableDiffusionInstructPix2PixPipeline, StableDiffusionPipeline

from lab.pipelines.families.sd15 import SD15

INSTRUCT = replace(
    SD15,
    name="instruct",
    # The first one reads words and decodes; it cannot draw with this UNet.
    pipelines={("words", ""): StableDiffusionPipeline, ("edit", ""): StableDiffusionInstructPix2PixPipeline},
)
