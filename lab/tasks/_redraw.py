"""Redraws a masked part of a picture: cut out with its surroundings, diffused at the model's size, pasted back."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from lab.core.catalogue import ModelCard, model_card
from lab.core.geometry import Size
from lab.core.picture import Mask, Picture
from lab.core.recipe import Plan, Request
from lab.retouch.fill import filled
from lab.retouch.stitch import InpaintArea, inpaint_area, stitch
from lab.tasks._steer import references
from lab.tasks._task import Bench, Settings


class RedrawSettings(Settings):
    """How a masked part is redrawn and pasted back."""

    grow_px: Annotated[int, Field(ge=0, le=256)] = Field(default=6, json_schema_extra={"usual": [0, 64]})
    """How many pixels farther than painted the picture is redrawn, so that the seam lies in what is new."""
    feather_px: Annotated[int, Field(ge=0, le=256)] = Field(default=8, json_schema_extra={"usual": [0, 64]})
    """Over how many pixels around the mask new fades into old; 0 leaves every pixel outside the mask as it is."""
    context_px: Annotated[int, Field(ge=0, le=4096)] | None = Field(default=None, json_schema_extra={"usual": [0, 512]})
    """How many pixels around the mask the model gets to see; None chooses by the size of the mask."""
    fill: Literal["original", "blur", "neutral", "telea", "navier-stokes"] = "original"
    """What stands under the mask before it is redrawn; counts with a strength below 1."""
    fill_holes: bool = False
    """Whether what the mask encloses counts as painted."""
    match_colours: bool = True
    """Whether drifting colours are corrected by what is around the mask."""


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
    picture: Picture, mask: Mask, settings: RedrawSettings, *, request: Request, plan: Plan, bench: Bench
) -> Picture:
    """The picture with the masked part redrawn; every pixel that the area does not paste is the same bit by bit."""
    area = area_of(mask, settings, model_card(plan.recipe.model))
    here = replace(plan, size=area.size)
    words = bench.words(here)
    start = area.crop(filled(picture, area.denoise, settings.fill))
    maps = tuple(
        bench.control_map(control, _beside(request.pictures[control.picture], picture.size, area), here)
        for control in plan.recipe.controls
    )
    latents = bench.denoise(
        here, words, maps, start=start, mask=area.crop_mask(), references=references(request)
    )  # fmt: skip
    return stitch(picture, area, bench.picture(latents), match_colours=settings.match_colours)


def _beside(picture: Picture, size: Size, area: InpaintArea) -> Picture:
    """The part of a control picture that belongs to the area, as if it were as large as the picture."""
    return area.crop(picture.on_white().resized(size))
