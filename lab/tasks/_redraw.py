"""Redraws a masked part of a picture: cut out with its surroundings, diffused at the model's size, pasted back."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from lab.core.catalogue import ModelCard
from lab.core.picture import Mask, Picture
from lab.core.recipe import Control, Plan, Request
from lab.retouch.fill import filled
from lab.retouch.proportions import laid_out
from lab.retouch.stitch import InpaintArea, inpaint_area, stitch
from lab.tasks._conditioning import references
from lab.tasks._task import Settings, Stages

_FITTING = "inpaint"
"""The kind of ControlNet that fits what is drawn to what is around it."""


class RedrawSettings(Settings):
    """How a masked part is redrawn and pasted back."""

    grow_px: Annotated[int, Field(ge=0, le=256)] = Field(
        default=6, title="Grow mask px", json_schema_extra={"usual": [0, 64]}
    )
    """How many pixels farther than painted the picture is redrawn, so that the seam lies in what is new."""
    feather_px: Annotated[int, Field(ge=0, le=256)] = Field(
        default=8, title="Feather mask px", json_schema_extra={"usual": [0, 64]}
    )
    """Over how many pixels around the mask new fades into old; 0 leaves every pixel outside the mask as it is."""
    context_px: Annotated[int, Field(ge=0, le=4096)] | None = Field(default=None, json_schema_extra={"usual": [0, 512]})
    """How many pixels around the mask the model gets to see; None chooses by the size of the mask."""
    fill: Annotated[Literal["original", "blur", "neutral", "telea", "navier-stokes"], Field(title="Masked content")] = (
        "original"
    )
    """What stands under the mask before it is redrawn; counts with a strength below 1."""
    fill_holes: bool = Field(default=False, title="Fill mask holes")
    """Whether what the mask encloses counts as painted."""
    match_colours: bool = True
    """Whether drifting colours are corrected by what is around the mask."""
    surroundings: Annotated[float, Field(ge=0, le=2)] = Field(
        default=0.0, title="Inpaint ControlNet", json_schema_extra={"step": 0.05, "control": "inpaint"}
    )
    """How strongly an inpaint ControlNet fits what is drawn to what is around it, where the model has one."""


def area_of(mask: Mask, settings: RedrawSettings, card: ModelCard) -> InpaintArea:
    """What will happen to a picture with this mask; for the task, and for a painter to show.

    Raises:
        BadInput: when the mask is empty.
    """
    return inpaint_area(
        mask,
        native=card.native,
        multiple=card.multiple,
        grow_px=settings.grow_px,
        feather_px=settings.feather_px,
        padding=settings.context_px,
        fill_holes=settings.fill_holes,
    )


def redrawn(
    picture: Picture, mask: Mask, settings: RedrawSettings, *, request: Request, plan: Plan, stages: Stages
) -> Picture:
    """The picture with the masked part redrawn; every pixel that the area does not paste is the same bit by bit."""
    area = area_of(mask, settings, plan.card)
    here = replace(plan, size=area.size)
    words = stages.words(here)
    start = area.crop(filled(picture, area.denoise, settings.fill))
    beside = [laid_out(request.pictures[one.picture], picture.size, picture.size) for one in plan.recipe.controls]
    steering = [
        (one, shown.on_white().resized(picture.size)) for one, shown in zip(plan.recipe.controls, beside, strict=True)
    ]
    if settings.surroundings and _FITTING in plan.card.controls:
        fitting = Control(kind=_FITTING, picture=start.hash, preprocessor=_FITTING, weight=settings.surroundings)
        steering.append((fitting, picture))
        here = replace(here, recipe=plan.recipe.changed(controls=[control for control, _ in steering]))
    maps = tuple(stages.control_map(control, _seen(beside, control, area), here) for control, beside in steering)
    latents = stages.denoise(
        here, words, maps, start=start, mask=area.crop_mask(), references=references(request)
    )  # fmt: skip
    return stitch(picture, area, stages.picture(latents), match_colours=settings.match_colours)


def _seen(picture: Picture, control: Control, area: InpaintArea) -> Picture:
    """The part of a control picture that belongs to the area; what may change at all is a hole to fill."""
    part = area.crop(picture)
    if control.kind != _FITTING:
        return part
    return Picture(np.dstack([part.pixels, np.where(area.crop_mask().pixels, 0, 255).astype(np.uint8)]))
