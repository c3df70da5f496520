"""A plan as the arguments of a diffusers call; the one place that knows how they are named."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import torch

from lab.core.picture import Mask, Picture
from lab.core.recipe import Control, Plan
from lab.pipelines.families import Family, Way


def call_settings(plan: Plan, family: Family) -> dict[str, Any]:
    """What every call is given. The noise comes from a generator on the CPU: the same seed, the same on any device."""
    return {
        "num_inference_steps": plan.steps,
        "guidance_scale": family.guidance(plan.guidance_scale),
        "generator": torch.Generator("cpu").manual_seed(plan.recipe.seed),
    }


def start_settings(
    way: Way, plan: Plan, start: Picture | None, mask: Mask | None, knows: Collection[str]
) -> dict[str, Any]:
    """What a drawing starts from: a size, or a picture (with its mask) and how much of it is redrawn.

    A model that fills masks fills all of an empty picture where there is none.
    `knows` are the names of the call's arguments: some pipelines take the size from the picture.
    """
    size = {"height": plan.size.height, "width": plan.size.width}
    settings: dict[str, Any] = {name: side for name, side in size.items() if name in knows}
    match way:
        case "words":
            return settings
        case "edit" if start is not None:
            return {**settings, "image": start.to_pil(), "image_guidance_scale": plan.image_guidance_scale}
        case "inpaint":
            settings["mask_image"] = (mask or Mask(np.full(_shape(plan), 255, np.uint8))).to_pil()
    picture = start or Picture(np.zeros((*_shape(plan), 3), np.uint8))
    return {**settings, "image": picture.to_pil(), "strength": plan.strength if start else 1.0}


def _shape(plan: Plan) -> tuple[int, int]:
    return plan.size.height, plan.size.width


def control_settings(
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
    pictures = [one.to_pil() for one in maps]
    single = len(pictures) == 1
    union = "control_mode" in knows
    name = "control_image" if "control_image" in knows else "image"
    settings: dict[str, Any] = {name: pictures[0] if single and not union else pictures}
    for name, key in (
        ("weight", "controlnet_conditioning_scale"),
        ("start", "control_guidance_start"),
        ("end", "control_guidance_end"),
    ):
        values = [float(getattr(control, name)) for control in controls]
        if key in knows:
            settings[key] = values[0] if single else values
    if union:
        settings["control_mode"] = modes
    return settings
