"""Draws with an exported model exactly as anybody would: diffusers pipelines, nothing of ours in between."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from diffusers import ControlNetModel, StableDiffusionControlNetPipeline, StableDiffusionPipeline
from diffusers.utils import logging
from PIL import Image

from lab.core.catalogue import model_card
from lab.starter.train.export import CONTROLNET

CARD = model_card("starter")


def sketch_picture(sketch: np.ndarray) -> Image.Image:
    """A boolean sketch as the control picture: white lines on black, RGB."""
    return Image.fromarray(sketch.astype(np.uint8) * 255).convert("RGB")


@dataclass(frozen=True)
class Drawer:
    """The exported model, loaded: draws from words, or from words and sketches."""

    plain: StableDiffusionPipeline
    controlled: StableDiffusionControlNetPipeline

    @classmethod
    def load(cls, weights: Path) -> Drawer:
        """Loads the folder as fp32, on the CPU, without a network."""
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        plain = StableDiffusionPipeline.from_pretrained(weights, dtype=torch.float32, local_files_only=True)
        lines = ControlNetModel.from_pretrained(weights / CONTROLNET, dtype=torch.float32, local_files_only=True)
        controlled = StableDiffusionControlNetPipeline(
            **plain.components, controlnet=lines, requires_safety_checker=False
        )
        for pipeline in (plain, controlled):
            pipeline.set_progress_bar_config(disable=True)
        return cls(plain, controlled)

    def draw(
        self,
        prompts: list[str],
        sketches: list[np.ndarray] | None = None,
        *,
        steps: int = CARD.steps,
        guidance: float = CARD.guidance_scale,
        control_scale: float = 1.0,
        seed: int = 0,
        batch: int = 16,
    ) -> np.ndarray:
        """The pictures, 8 bit RGB, one a prompt; picture n has seed `seed + n`."""
        made = []
        for start in range(0, len(prompts), batch):
            part = prompts[start : start + batch]
            seeds = [torch.Generator().manual_seed(seed + start + turn) for turn in range(len(part))]
            settings = {
                "num_inference_steps": steps, "guidance_scale": guidance, "generator": seeds, "output_type": "np",
                "height": CARD.native.height, "width": CARD.native.width,
            }  # fmt: skip
            if sketches is None:
                found = self.plain(part, **settings).images
            else:
                control = [sketch_picture(each) for each in sketches[start : start + batch]]
                found = self.controlled(
                    part, image=control, controlnet_conditioning_scale=control_scale, **settings
                ).images
            made.append((found * 255 + 0.5).clip(0, 255).astype(np.uint8))
        return np.concatenate(made)

    @torch.inference_mode()
    def redraw(self, prompt: str, picture: np.ndarray, where: np.ndarray, *, seed: int = 0) -> np.ndarray:
        """The picture with a part drawn anew: at every step the rest is put back, as noisy as that step is.

        Args:
            prompt: what the whole picture shows.
            picture: 8 bit RGB of the model's native size.
            where: boolean, same size, True where the picture may change.
            seed: decides the noise.
        """
        given = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
        known = self.plain.vae.encode(given).latents * self.plain.vae.config.scaling_factor
        open_part = F.adaptive_max_pool2d(torch.from_numpy(where.astype(np.float32))[None, None], known.shape[-2:])
        chance = torch.Generator().manual_seed(seed)
        noise = torch.randn(known.shape, generator=chance)

        def put_back(pipeline: StableDiffusionPipeline, step: int, _: int, values: dict) -> dict:
            coming = pipeline.scheduler.timesteps[step + 1 : step + 2]
            rest = pipeline.scheduler.add_noise(known, noise, coming) if len(coming) else known
            return {"latents": values["latents"] * open_part + rest * (1 - open_part)}

        made = self.plain(
            prompt, num_inference_steps=CARD.steps, guidance_scale=CARD.guidance_scale, latents=noise,
            height=CARD.native.height, width=CARD.native.width, output_type="np", callback_on_step_end=put_back,
        ).images[0]  # fmt: skip
        return np.where(where[..., None], (made * 255 + 0.5).clip(0, 255).astype(np.uint8), picture)
