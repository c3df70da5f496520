"""Redraws a part of a picture with any image-to-image pipeline, step by step: differential diffusion."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from lab.core.picture import Mask
from lab.pipelines.families import Latents


class DifferentialMask:
    """Where the latents of a run may change, and when.

    A latent whose mask is white is free from the first step; one of grey `g` follows the picture (with the noise of
    that step) for the first share `1 - g` of the steps and is free afterwards; a black one is put back to the end.
    So greys change as much as they are light (Levin and Fried, "Differential Diffusion", 2023).

    Args:
        mask: at the size of the picture.
        steps: how many steps run.
        layout: how the latents of a step lie.
    """

    def __init__(self, mask: Mask, steps: int, layout: Latents) -> None:
        self._mask = mask
        self._steps = steps
        self._layout = layout
        self._picture: torch.Tensor | None = None
        self._noise: torch.Tensor | None = None
        self._kept: torch.Tensor | None = None

    def listen(self, scheduler: Any) -> None:
        """Learn from the pipeline's own call which latents and which noise it starts from.

        The scheduler is the run's own, so nothing needs to be undone.
        """
        name = "scale_noise" if hasattr(scheduler, "scale_noise") else "add_noise"
        add = getattr(scheduler, name)

        def heard(picture: torch.Tensor, second: torch.Tensor, third: torch.Tensor) -> torch.Tensor:
            if self._picture is None:
                noise = third if name == "scale_noise" else second
                self._picture, self._noise = (self._layout.as_picture(one, self._mask.size) for one in (picture, noise))
            return add(picture, second, third)

        setattr(scheduler, name, heard)

    def blended(self, latents: torch.Tensor, pipe: Any, step: int) -> torch.Tensor:
        """The latents after a step, with the picture put back where the mask does not let them change yet.

        All latents here are as a picture.
        """
        if self._picture is None or self._noise is None:
            msg = "the pipeline started without a picture, so there is nothing to put back"
            raise RuntimeError(msg)
        kept = self._kept_at(latents)
        made = step + 1
        scheduler = pipe.scheduler
        picture = self._picture
        if made < self._steps:
            upcoming = scheduler.timesteps[len(scheduler.timesteps) - self._steps + made].reshape(1)
            picture = _noised(scheduler, picture, self._noise, upcoming)
        frozen = (kept >= made / self._steps).to(latents.dtype)
        return frozen * picture.to(latents.dtype) + (1 - frozen) * latents

    def over_picture(self, latents: torch.Tensor) -> torch.Tensor:
        """Clean latents with the picture where it is kept, for a preview."""
        if self._picture is None:
            return latents
        kept = self._kept_at(latents).to(latents.dtype)
        return kept * self._picture.to(latents.dtype) + (1 - kept) * latents

    def _kept_at(self, latents: torch.Tensor) -> torch.Tensor:
        """How much of the picture is kept, 0..1, at the size of the latents."""
        if self._kept is None:
            self._kept = 1 - _at_latents(self._mask, latents)
        return self._kept


def is_hard(mask: Mask) -> bool:
    """Whether the mask is black and white only."""
    return bool(np.isin(mask.pixels, (0, 255)).all())


def _noised(scheduler: Any, picture: torch.Tensor, noise: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
    """The picture with as much noise as the latents have at that timestep."""
    if hasattr(scheduler, "scale_noise"):
        sigma = scheduler.sigmas[scheduler.index_for_timestep(timestep[0])].to(picture.device)
        return sigma * noise + (1 - sigma) * picture
    return scheduler.add_noise(picture, noise, timestep)


def _at_latents(mask: Mask, latents: torch.Tensor) -> torch.Tensor:
    """The mask in 0..1 at the size of the latents, 1 x 1 x height x width.

    A latent is as free as the freest pixel that it stands for: what must not change is pasted back in pixels.
    """
    height, width = latents.shape[-2:]
    blocks = mask.pixels.reshape(height, mask.size.height // height, width, mask.size.width // width)
    freest = blocks.max(axis=(1, 3)).astype(np.float32) / 255
    return torch.from_numpy(freest)[None, None].to(latents.device)
