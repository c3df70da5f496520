"""A picture becomes larger: by an upscaling network, and with new detail by diffusion where that is wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from lab.core.catalogue import ModelCard
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.recipe import Control, Plan, Request
from lab.core.reporter import by_rows, check_wanted
from lab.retouch.matting import alpha_resized, bled
from lab.retouch.tiles import tiled
from lab.tasks._task import DRAWING, Settings, Stages, Task, image_size


class UpscaleSettings(Settings):
    """How much larger, by what, and how the detail that diffusion adds is held to the picture."""

    factor: Literal[2, 3, 4] = 4
    """How many times larger."""
    upscaler: Annotated[str, Field(min_length=1)] = "starter"
    """The network: "starter", the lab's own, or the path of a .safetensors file."""
    structure: Annotated[float, Field(ge=0, le=2, json_schema_extra={"step": 0.05, "control": "tile"})] = 0.8
    """How strongly the tile ControlNet holds new detail to the picture, where the model has one."""


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    settings = UpscaleSettings.of(request.recipe)
    picture = request.pictures[request.recipe.image or ""]
    large = stages.upscaled(bled(picture), settings.upscaler, settings.factor)
    if plan.steps_run:
        large = _refined(large, settings, plan, stages)
    if not picture.has_alpha:
        return large
    check_wanted()
    alpha = alpha_resized(picture, large.size)
    return Picture(by_rows(lambda colours, alpha: np.dstack([colours, alpha]), large.pixels, alpha))


def _refined(picture: Picture, settings: UpscaleSettings, plan: Plan, stages: Stages) -> Picture:
    """The picture with new detail, drawn in overlapping tiles of the model's native size."""
    card = plan.card
    words = stages.words(plan)
    has_tile = "tile" in card.controls

    def work(part: Picture) -> Picture:
        whole = Size(*(-(-side // card.multiple) * card.multiple for side in part.size))
        start, here = part.padded(whole), replace(plan, size=whole)
        maps: tuple[Picture, ...] = ()
        if has_tile:
            tile = Control(kind="tile", picture=start.hash, preprocessor="none", weight=settings.structure)
            here = replace(here, recipe=plan.recipe.changed(controls=(tile,)))
            maps = (start,)
        drawn = stages.picture(stages.denoise(here, words, maps, start=start))
        return Picture(drawn.pixels[: part.size.height, : part.size.width])

    side = min(card.native)
    return tiled(picture, work, tile=side, overlap=side // 4)


def _size(_: Request, card: ModelCard) -> Size:
    return card.native


def _makes(request: Request, plan: Plan) -> Size:
    width, height = image_size(request, plan)
    factor = UpscaleSettings.of(request.recipe).factor
    return Size(width * factor, height * factor)


UPSCALE = Task(
    name="upscale",
    title="A picture becomes larger, and sharper with it",
    run=_run,
    recipe_fields=DRAWING - {"width", "height"} | {"strength"},
    needs=frozenset({"image"}),
    strength=0.0,
    settings=UpscaleSettings,
    size=_size,
    makes=_makes,
    has_alpha=True,
)
