"""Z-Image with ControlNets in every way of drawing; diffusers steers this model only where it starts from noise.

Each pipeline here is diffusers' own for its way, whose transformer is told at each step what the ControlNets make of
that step. From noise and with one control its picture is that of diffusers' `ZImageControlNetPipeline`, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from diffusers import (
    DiffusionPipeline,
    ZImageControlNetModel,
    ZImageImg2ImgPipeline,
    ZImageInpaintPipeline,
    ZImagePipeline,
)


class _Control(NamedTuple):
    """One control of a call: its map as latents, its weight, and the shares of the steps between which it counts."""

    latents: torch.Tensor
    weight: float
    start: float
    end: float

    def weight_at(self, step: int, steps: int) -> float:
        """Its weight in a step, by the rule of diffusers' pipelines for Stable Diffusion."""
        return self.weight if step / steps >= self.start and (step + 1) / steps <= self.end else 0.0


class Together(torch.nn.Module):
    """The ControlNets of a call, one for each control; what they say is added up."""

    def __init__(self, nets: list[Any]) -> None:
        super().__init__()
        self.nets = nets  # in a plain list: they are the model's, which moves and frees them

    @property
    def device(self) -> torch.device:
        """Where they are; a pipeline asks each of its parts."""
        return self.nets[0].device

    @property
    def dtype(self) -> torch.dtype:
        """The numbers they count in; a pipeline may ask that, too."""
        return self.nets[0].dtype

    def forward(
        self, latents: list[torch.Tensor], timestep: torch.Tensor, words: list[torch.Tensor],
        maps: list[torch.Tensor], weights: list[float],
    ) -> dict[int, torch.Tensor]:  # fmt: skip
        """What to add after which layer of the transformer. One without weight is not asked."""
        said: dict[int, torch.Tensor] = {}
        for net, one, weight in zip(self.nets, maps, weights, strict=True):
            if weight:
                for place, values in net(latents, timestep, words, one, conditioning_scale=weight).items():
                    said[place] = said[place] + values if place in said else values
        return said


class _Steered(DiffusionPipeline):
    """Stands before a Z-Image pipeline among the bases of a class.

    Args:
        controlnet: one, or a list with one for each control; it is lent the layers of the transformer that it needs.
    """

    def __init__(
        self, *, scheduler: Any, vae: Any, text_encoder: Any, tokenizer: Any, transformer: Any, controlnet: Any
    ) -> None:
        parts = {"vae": vae, "text_encoder": text_encoder, "tokenizer": tokenizer, "transformer": transformer}
        super().__init__(scheduler=scheduler, **parts)  # pyright: ignore[reportCallIssue] - the pipeline's
        nets = controlnet if isinstance(controlnet, list) else [controlnet]
        for net in nets:
            ZImageControlNetModel.from_transformer(net, transformer)
        self.register_modules(controlnet=Together(nets))

    @torch.no_grad()
    def __call__(
        self,
        *,
        height: int,
        width: int,
        control_image: Any,
        controlnet_conditioning_scale: float | list[float] = 0.75,
        control_guidance_start: float | list[float] = 0.0,
        control_guidance_end: float | list[float] = 1.0,
        **kwargs: Any,
    ) -> Any:
        """The call of this way's pipeline, with controls; what is said of them are lists where there are several.

        Args:
            height: of the picture, in pixels.
            width: of the picture, in pixels.
            control_image: the control maps, as pictures.
            controlnet_conditioning_scale: their weights.
            control_guidance_start: the shares of the steps after which they begin to count, 0..1.
            control_guidance_end: the shares of the steps after which they count no more, 0..1.
            kwargs: everything else that this way's pipeline takes.
        """
        several = isinstance(control_image, list)
        said = (control_image, controlnet_conditioning_scale, control_guidance_start, control_guidance_end)
        each = zip(*(said if several else ([one] for one in said)), strict=True)
        stays = self._stays(kwargs["image"], kwargs["mask_image"], height, width) if "mask_image" in kwargs else None
        controls = [
            _Control(self._seen(picture, height, width, net.config.control_in_dim, stays), *numbers)
            for net, (picture, *numbers) in zip(self.controlnet.nets, each, strict=True)
        ]
        with self._following(controls):
            draw = super().__call__  # pyright: ignore[reportAttributeAccessIssue] - the pipeline's
            return draw(height=height, width=width, **kwargs)

    def _seen(self, picture: Any, height: int, width: int, wanted: int, stays: torch.Tensor | None) -> torch.Tensor:
        """A control map as latents; beside it, for ControlNets that can fill masks, what stays, and else zeros."""
        latents = self._encoded(self._pixels(picture, height, width))
        batch, channels, *shape = latents.shape
        if wanted == channels:
            return latents
        beside = latents.new_zeros(batch, wanted - channels, *shape) if stays is None else stays
        return torch.cat([latents, beside], dim=1)

    def _stays(self, picture: Any, mask: Any, height: int, width: int) -> torch.Tensor:
        """Where a picture stays, and the latents of what stays of it, as diffusers' `ZImageControlNetInpaintPipeline`.

        That one draws from noise; here the same is told to a drawing that begins with the picture.
        """
        pixels = self._pixels(picture, height, width)
        hole = self.mask_processor.preprocess(mask, height=height, width=width)  # pyright: ignore[reportAttributeAccessIssue]
        hole = torch.tile(hole, [1, 3, 1, 1]).to(pixels)
        latents = self._encoded(pixels * (hole < 0.5))
        where = torch.nn.functional.interpolate(1 - hole[:, :1], size=latents.shape[-2:], mode="nearest")
        return torch.cat([where.unsqueeze(2), latents], dim=1)

    def _pixels(self, picture: Any, height: int, width: int) -> torch.Tensor:
        pixels = self.image_processor.preprocess(picture, height=height, width=width)
        return pixels.contiguous().to(device=self._execution_device, dtype=self.vae.dtype)  # as diffusers has them

    def _encoded(self, pixels: torch.Tensor) -> torch.Tensor:
        latents = self.vae.encode(pixels).latent_dist.mode()
        return ((latents - self.vae.config.shift_factor) * self.vae.config.scaling_factor).unsqueeze(2)

    @contextmanager
    def _following(self, controls: list[_Control]) -> Iterator[None]:
        """While this lasts, each call of the transformer is a step and is steered."""
        step = 0

        def steer(_: torch.nn.Module, given: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
            nonlocal step
            latents, timestep, words = given
            maps = [one.latents.repeat(len(latents), 1, 1, 1, 1) for one in controls]
            weights = [one.weight_at(step, self.num_timesteps) for one in controls]
            step += 1
            said = self.controlnet(latents, timestep, words, maps, weights)
            return given, {**kwargs, "controlnet_block_samples": said}

        hook = self.transformer.register_forward_pre_hook(steer, with_kwargs=True)
        try:
            yield
        finally:
            hook.remove()


class SteeredZImage(_Steered, ZImagePipeline):
    """Z-Image with its ControlNets, from noise."""


class SteeredZImageImg2Img(_Steered, ZImageImg2ImgPipeline):
    """Z-Image with its ControlNets, from a picture that keeps a part of itself."""


class SteeredZImageInpaint(_Steered, ZImageInpaintPipeline):
    """From a picture of which a part stays."""
