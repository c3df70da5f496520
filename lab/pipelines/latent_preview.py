"""A rough picture of half-made latents, for a matrix product or a tiny decoder instead of a decoder run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from diffusers import AutoencoderTiny
from safetensors.torch import load_file, save_file

from lab.core.picture import Picture
from lab.pipelines.families import USUAL, Latents
from lab.pipelines.models.vae_tiling import pixels_a_latent
from lab.pipelines.precision import upcast

_CHART_LATENTS = 8
"""The chart's side: 64 latents give the map's 5 to 17 unknowns enough to go by, and cost the first picture little."""
_SMALLEST_CHART_PX = 64
_BLOBS = (3, 9)
"""The chart is a sum of smooth random colours, so many blobs across, partly covered by white."""

_LARGEST_PX = 256
"""Of a preview's longer side: ten of them go over the line each second."""
_FARTHEST = 3.0
"""Latents of pictures are of about unit variance; early guesses overshoot, and would be glaring colours."""

_STOCHASTIC = ("EulerAncestralDiscreteScheduler", "LCMScheduler")


class LatentToRgb:
    """The linear map from a VAE's latents to RGB, found by encoding a chart of colours with that very VAE.

    Others publish such factors per model, measured once; measured here, they exist for any VAE that can encode. A chart
    of blobs serves much better than flat colours, which no autoencoder was trained on.

    Args:
        factors: float32, (channels + 1) x 3, the last row for 1.
    """

    FILE = "latent_rgb.safetensors"
    """Beside a VAE's weights, where somebody has measured already: the first run of an encoder is the slowest."""

    def __init__(self, factors: torch.Tensor) -> None:
        self.factors = factors

    @classmethod
    def read(cls, file: Path) -> LatentToRgb:
        """The factors in a `.safetensors` file that `write` made."""
        return cls(load_file(file)["factors"])

    def write(self, folder: Path) -> None:
        """Write it into a VAE's folder, to be read instead of measured."""
        save_file({"factors": self.factors.contiguous()}, folder / self.FILE)

    @classmethod
    def measured(cls, vae: Any, layout: Latents = USUAL) -> LatentToRgb:
        """Measure; costs one encoder run on a picture of 64 pixels, or 128 where a latent is 16 pixels wide."""
        chart = _chart(max(_SMALLEST_CHART_PX, _CHART_LATENTS * pixels_a_latent(vae)))
        with torch.no_grad(), upcast(vae) as dtype:
            encoded = layout.encoded(vae, chart.mul(2).sub(1).to(vae.device, dtype))
        latents = layout.normalised(vae, encoded.float().cpu())
        colours = F.adaptive_avg_pool2d(chart, (latents.shape[-2], latents.shape[-1]))[0].flatten(1).T
        known = torch.cat([latents[0].flatten(1).T, torch.ones(len(colours), 1)], dim=1)
        # A little ridge keeps the map calm along directions of the latents that the chart hardly uses.
        ridge = 0.1 * torch.eye(known.shape[1])
        return cls(torch.linalg.solve(known.T @ known + ridge, known.T @ colours))

    def picture(self, latents: torch.Tensor) -> Picture:
        """The picture in clean latents, one pixel a latent; latents: 1 x channels x height x width."""
        flat = latents[0].float().clamp(-_FARTHEST, _FARTHEST).cpu().flatten(1).T
        rgb = flat @ self.factors[:-1] + self.factors[-1]
        height, width = latents.shape[2:]
        pixels = rgb.clamp(0, 1).mul(255).round().to(torch.uint8).reshape(height, width, 3)
        return Picture(np.ascontiguousarray(pixels.numpy()))


class TinyDecoder:
    """What a tiny autoencoder (TAESD) sees in the latents of the large one that it was distilled from."""

    def __init__(self, vae: AutoencoderTiny) -> None:
        self.vae = vae

    def picture(self, latents: torch.Tensor) -> Picture:
        """The picture in clean latents, 256 pixels at most; latents: 1 x channels x height x width."""
        with torch.no_grad():
            seen = self.vae.decode(latents[:1].to(self.vae.device, self.vae.dtype), return_dict=False)[0].float()
            farther = max(seen.shape[-2:]) / _LARGEST_PX
            if farther > 1:
                seen = F.interpolate(seen, [round(side / farther) for side in seen.shape[-2:]], mode="area")
        pixels = seen[0].add(1).mul(127.5).clamp(0, 255).round().to(torch.uint8).permute(1, 2, 0)
        return Picture(np.ascontiguousarray(pixels.cpu().numpy()))


def _chart(side_px: int) -> torch.Tensor:
    """Colours as pictures have them, 1 x 3 x side x side, 0..1; always the same."""
    seed = torch.Generator().manual_seed(0)
    side = (side_px, side_px)
    blobs = [F.interpolate(torch.rand(1, 3, count, count, generator=seed), side, mode="bilinear") for count in _BLOBS]
    colours = ((torch.stack(blobs).mean(dim=0) - 0.5) * 1.8 + 0.5).clamp(0, 1)
    paper = F.interpolate(torch.rand(1, 1, 5, 5, generator=seed), side, mode="bicubic") > 0.5
    return torch.where(paper, torch.ones_like(colours), colours)


def clean_latents(before: torch.Tensor, after: torch.Tensor, scheduler: Any, step: int) -> torch.Tensor | None:
    """What the model thinks the finished latents are, from the latents before and after a deterministic step.

    Both lie on one line x = a * clean + s * noise, with (a, s) known from the schedule; two points of the line give
    `clean`. None where the schedule does not say its (a, s), or the step adds noise of its own.
    """
    if type(scheduler).__name__ in _STOCHASTIC:
        return None
    here, there = (signal_and_noise(scheduler, index) for index in (step, step + 1))
    if here is None or there is None:
        return None
    (a0, s0), (a1, s1) = here, there
    share = s0 * a1 - s1 * a0
    if abs(share) < 1e-6:
        return None
    return (s0 * after - s1 * before) / share


def signal_and_noise(scheduler: Any, step: int) -> tuple[float, float] | None:
    """The share of signal and of noise in the latents before that step; all signal after the last."""
    if step >= len(scheduler.timesteps):
        return 1.0, 0.0
    sigmas = getattr(scheduler, "sigmas", None)
    if sigmas is not None:
        sigma = float(sigmas[step])
        if type(scheduler).__name__.startswith("FlowMatch"):
            return 1 - sigma, sigma
        if type(scheduler).__name__.startswith("Euler"):
            return 1.0, sigma
        return 1 / (sigma**2 + 1) ** 0.5, sigma / (sigma**2 + 1) ** 0.5
    if not hasattr(scheduler, "alphas_cumprod"):
        return None
    kept = float(scheduler.alphas_cumprod[int(scheduler.timesteps[step])])
    return kept**0.5, (1 - kept) ** 0.5
