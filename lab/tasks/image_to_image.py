"""A picture and words become another picture like it: what the strength leaves of the first shows through."""

from __future__ import annotations

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.tasks._conditioning import references, steering
from lab.tasks._task import DRAWING, Stages, Task


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    image = request.pictures[request.recipe.image or ""]
    start = image.on_white().resized(plan.size)
    if plan.steps_run == 0:
        return start
    words = stages.words(plan)
    maps = steering(request, plan, stages)
    return stages.picture(stages.denoise(plan, words, maps, start=start, references=references(request)))


IMAGE_TO_IMAGE = Task(
    name="image_to_image",
    title="A picture and words become another like it",
    run=_run,
    recipe_fields=DRAWING | {"strength", "controls", "references"},
    needs=frozenset({"image"}),
    sketch="lines",
    strength=0.6,
)
