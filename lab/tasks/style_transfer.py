"""A picture in another style: that of a second picture, or that of words."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.retouch.color_transfer import palette_transferred
from lab.retouch.proportions import cut, laid_out
from lab.tasks._conditioning import references, steering
from lab.tasks._task import DRAWING, Settings, Stages, Task, kept_size, untouched


class StyleTransferSettings(Settings):
    """What the style is taken by, where no words say it."""

    palette: Annotated[float, Field(ge=0, le=1)] = Field(default=0.5, json_schema_extra={"step": 0.05})
    """How much of the style picture's colours is taken over, before the model draws; needs no weights."""


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    recipe = request.recipe
    settings = StyleTransferSettings.of(recipe)
    picture, kept = request.pictures[recipe.image or ""], kept_size(request, plan)
    if plan.steps_run == 0:
        start = untouched(picture, request, plan)
    else:
        start = laid_out(picture.on_white(), kept, plan.size).resized(plan.size)
    lent = references(request)
    if lent:
        start = palette_transferred(start.on_white(), lent[0], amount=settings.palette)
    if plan.steps_run == 0:
        return start
    lends = lent if plan.card.takes_references else ()
    latents = stages.denoise(plan, stages.words(plan), steering(request, plan, stages), start=start, references=lends)
    return cut(stages.picture(latents), kept)


STYLE_TRANSFER = Task(
    name="style_transfer",
    title="A picture in the style of another, or of words",
    run=_run,
    recipe_fields=DRAWING | {"strength", "controls", "references"},
    needs=frozenset({"image"}),
    strength=0.6,
    settings=StyleTransferSettings,
    borrows_palettes=True,
    on_white=True,
)
