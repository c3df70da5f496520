"""A plan as the arguments of a diffusers call; the one place that knows how they are named."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import torch
from PIL import Image

from lab.core.picture import Mask, Picture
from lab.core.recipe import Control, Plan
from lab.pipelines.families import Family, Way


def call_kwargs(plan: Plan, family: Family) -> dict[str, Any]:
    """What every call is given. The noise comes from a generator on the CPU: the same seed, the same on any device."""
    return {
        "num_inference_steps": plan.steps,
        "guidance_scale": family.guidance(plan.guidance_scale),
        "generator": torch.Generator("cpu").manual_seed(plan.recipe.seed),
    }


def start_kwargs(
    way: Way, plan: Plan, start: Picture | None, mask: Mask | None, knows: Collection[str]
) -> dict[str, Any]:
    """What a drawing starts from: a size, or a picture (with its mask) and how much of it is redrawn.

    A model that fills masks fills all of an empty picture where there is none.
    `knows` are the names of the call's arguments: some pipelines take the size from the picture.
    For the way "edit" the start is the picture that is edited.
    """
    size = {"height": plan.size.height, "width": plan.size.width}
    kwargs: dict[str, Any] = {name: side for name, side in size.items() if name in knows}
    match way:
        case "words":
            return kwargs
        case "edit" if start is not None:
            held = {"image_guidance_scale": plan.image_guidance_scale} if "image_guidance_scale" in knows else {}
            return {**kwargs, "image": start.to_pil(), **held}
        case "inpaint":
            kwargs["mask_image"] = (mask or Mask(np.full(_shape(plan), 255, np.uint8))).to_pil()
    picture = start or Picture(np.zeros((*_shape(plan), 3), np.uint8))
    return {**kwargs, "image": picture.to_pil(), "strength": plan.strength if start else 1.0}


def _shape(plan: Plan) -> tuple[int, int]:
    return plan.size.height, plan.size.width


def control_kwargs(
    controls: tuple[Control, ...], maps: tuple[Picture, ...], modes: list[int], knows: Collection[str]
) -> dict[str, Any]:
    """The control maps with their weights and their shares of the steps; lists where there are several.

    Args:
        controls: as the recipe has them.
        maps: one for each.
        modes: their kinds as a Union model counts them.
        knows: the names of the call's arguments.
    """
    if not controls:
        return {}
    single = len(maps) == 1
    union = "control_mode" in knows
    pictures = [_with_holes(one, black=union) if one.has_alpha else one.to_pil() for one in maps]
    name = "control_image" if "control_image" in knows else "image"
    kwargs: dict[str, Any] = {name: pictures[0] if single and not union else pictures}
    for name, key in (
        ("weight", "controlnet_conditioning_scale"),
        ("start", "control_guidance_start"),
        ("end", "control_guidance_end"),
    ):
        values = [float(getattr(control, name)) for control in controls]
        if key in knows:
            kwargs[key] = values[0] if single else values
    if union:
        kwargs["control_mode"] = modes
    return kwargs


def _with_holes(picture: Picture, *, black: bool) -> Image.Image | torch.Tensor:
    """A map whose transparent parts are to be filled, as inpaint ControlNets were trained to see it.

    Those of Stable Diffusion 1.5 want -1 there, which no picture can hold, and 0..1 elsewhere; Union models want black.
    Both are what diffusers' own examples for them do.
    """
    hole, colours = picture.pixels[..., 3] == 0, picture.pixels[..., :3]
    if black:
        return Image.fromarray(np.where(hole[..., None], 0, colours).astype(np.uint8))
    values = np.where(hole[..., None], np.float32(-1), colours.astype(np.float32) / np.float32(255))
    return torch.from_numpy(values).permute(2, 0, 1)[None].contiguous()
