"""A sketch and words become a picture that follows the lines, in the colours that areas of the sketch have."""

from __future__ import annotations

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.retouch.proportions import cut, laid_out
from lab.tasks._colours import start_of
from lab.tasks._conditioning import references, regions, steering
from lab.tasks._task import DRAWING, Stages, Task, kept_size
from lab.tasks.text_to_image import TEXT_TO_IMAGE


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    recipe = request.recipe
    start = None
    if recipe.colours and SKETCH_TO_IMAGE.takes_colours(plan.card):
        colours = laid_out(request.pictures[recipe.colours], kept_size(request, plan), plan.size)
        start = start_of(colours, recipe.colour_strength, plan.size)
    if start is None:
        return TEXT_TO_IMAGE.run(request, plan, stages)
    words = stages.words(plan)
    maps, masks = steering(request, plan, stages), regions(request, plan, stages)
    latents = stages.denoise(
        plan, words, maps, start=start.picture, mask=start.mask, references=references(request), regions=masks
    )
    return cut(stages.picture(latents), kept_size(request, plan))


SKETCH_TO_IMAGE = Task(
    name="sketch_to_image",
    title="A sketch and words become a picture",
    run=_run,
    recipe_fields=DRAWING | {"references", "regions", "colours", "colour_strength"},
    needs=frozenset({"controls"}),
    sketch="lines",
)
