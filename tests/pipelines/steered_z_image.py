"""Z-Image with controls by diffusers' one call that can be steered, `ZImageControlNetPipeline`, from noise.

The other ways of drawing are that call with their own latents, sigmas and blending, which it takes as arguments.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    ZImageControlNetInpaintPipeline,
    ZImageControlNetPipeline,
    ZImageImg2ImgPipeline,
    ZImageInpaintPipeline,
)
from diffusers.pipelines.z_image.pipeline_z_image import get_default_z_image_sigmas


class Both(torch.nn.Module):
    """Two ControlNets in the place of one; the second ends at a share of the steps."""

    def __init__(self, nets: list[Any], second_map: torch.Tensor, weights: list[float], last_step: int) -> None:
        super().__init__()
        self.nets, self.second_map, self.weights, self.last_step = nets, second_map, weights, last_step
        self.config, self.device = nets[0].config, nets[0].device
        self.step = 0

    def forward(self, x: Any, t: Any, words: Any, context: torch.Tensor, **_: Any) -> Any:
        said = self.nets[0](x, t, words, context, conditioning_scale=self.weights[0])
        self.step += 1
        if self.step <= self.last_step:
            other = self.nets[1](x, t, words, self.second_map.repeat(len(x), 1, 1, 1, 1), self.weights[1])
            said = {place: said.get(place, 0) + other.get(place, 0) for place in {*said, *other}}
        return said


class Shown(Exception):
    """What a ControlNet is shown."""


def shown_to(pipe: Any, given: dict[str, Any]) -> torch.Tensor:
    """What diffusers' own pipeline that fills masks from noise shows its ControlNet."""

    def forward(_: Any, __: Any, ___: Any, context: torch.Tensor, **____: Any) -> Any:
        raise Shown(context)

    pipe.controlnet.forward = forward
    pipe.set_progress_bar_config(disable=True)
    try:
        pipe(prompt="", num_inference_steps=1, guidance_scale=0.0, **given)
    except Shown as shown:
        return shown.args[0]
    finally:
        del pipe.controlnet.forward
    raise AssertionError


def draw(plain: Any, nets: list[Any], maps: list[Any], arguments: dict[str, Any], second_ends: float) -> Any:
    """The picture.

    Args:
        plain: a pipeline without controls, for its components.
        nets: one ControlNet or two.
        maps: their control maps.
        arguments: of a call, as for the way of drawing without controls; `image` and `mask_image` say which it is.
        second_ends: the share of the steps after which the second control counts no more.
    """
    image, mask = arguments.pop("image", None), arguments.pop("mask_image", None)
    strength, weights = arguments.pop("strength", 1.0), arguments.pop("controlnet_conditioning_scale")
    for name in ("control_image", "control_guidance_end"):
        arguments.pop(name, None)
    steps, height, width = (arguments[name] for name in ("num_inference_steps", "height", "width"))
    pipe = ZImageControlNetPipeline(**plain.components, controlnet=nets[0])
    sigmas = get_default_z_image_sigmas(steps)
    if image is not None:
        sigmas = sigmas[int(steps - steps * strength) :]
    if len(nets) == 2:
        ZImageControlNetPipeline(**plain.components, controlnet=nets[1])  # lends it the layers
        with torch.no_grad():
            pixels = pipe.prepare_image(maps[1], width, height, 1, 1, torch.device("cpu"), torch.float32)
            encoded = plain.vae.encode(pixels).latent_dist.mode()
        encoded = ((encoded - plain.vae.config.shift_factor) * plain.vae.config.scaling_factor).unsqueeze(2)
        channels = nets[1].config.control_in_dim - encoded.shape[1]
        encoded = torch.cat([encoded, torch.zeros(1, channels, *encoded.shape[2:])], dim=1)
        if mask is not None:
            shown = {"control_image": maps[1], "image": image, "mask_image": mask, "height": height, "width": width}
            encoded = shown_to(ZImageControlNetInpaintPipeline(**plain.components, controlnet=nets[1]), shown)
        last = sum((step + 1) / len(sigmas) <= second_ends for step in range(len(sigmas)))
        pipe.controlnet = Both(nets, encoded, weights, last)
        weights = 1.0
    start: dict[str, Any] = {}
    if image is not None:
        other = (ZImageImg2ImgPipeline if mask is None else ZImageInpaintPipeline)(**plain.components)
        other.scheduler.set_timesteps(sigmas=sigmas, mu=0.5)
        pixels = other.image_processor.preprocess(image)
        with torch.no_grad():
            made = other.prepare_latents(
                pixels, other.scheduler.timesteps[:1], 1, 16, height, width, torch.float32, torch.device("cpu"),
                arguments["generator"],
            )  # fmt: skip
        start = {"latents": made if mask is None else made[0]}
        if mask is not None:
            _, noise, clean = made
            hole = other.mask_processor.preprocess(mask, height=height, width=width)
            hole = torch.nn.functional.interpolate(hole, size=clean.shape[-2:], mode="nearest")

            def blend(pipe: Any, step: int, _: Any, values: dict[str, Any]) -> dict[str, Any]:
                kept, following = clean, pipe.scheduler.timesteps[step + 1 :]
                if len(following):
                    kept = pipe.scheduler.scale_noise(clean, following[:1], noise)
                return {"latents": (1 - hole) * kept + hole * values["latents"]}

            start["callback_on_step_end"] = blend
    pipe.set_progress_bar_config(disable=True)
    settings = {**arguments, **start, "num_inference_steps": len(sigmas)}
    return pipe(**settings, sigmas=sigmas, control_image=maps[0], controlnet_conditioning_scale=weights).images[0]
