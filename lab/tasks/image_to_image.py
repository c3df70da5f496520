"""A picture and words become another picture like it: what the strength leaves of the first shows through."""

from __future__ import annotations

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.retouch.proportions import cut, laid_out
from lab.tasks._conditioning import references, regions, steering
from lab.tasks._task import DRAWING, Stages, Task, kept_size, untouched


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    image = request.pictures[request.recipe.image or ""]
    if plan.steps_run == 0:
        return untouched(image, request, plan)
    kept = kept_size(request, plan)
    start = laid_out(image.on_white(), kept, plan.size).resized(plan.size)
    words = stages.words(plan)
    maps, masks = steering(request, plan, stages), regions(request, plan, stages)
    latents = stages.denoise(plan, words, maps, start=start, references=references(request), regions=masks)
    return cut(stages.picture(latents), kept)


IMAGE_TO_IMAGE = Task(
    name="image_to_image",
    title="A picture and words become another like it",
    run=_run,
    recipe_fields=DRAWING | {"strength", "controls", "references", "regions"},
    needs=frozenset({"image"}),
    sketch="lines",
    strength=0.6,
    on_white=True,
)
