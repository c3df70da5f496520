"""Words become a picture."""

from __future__ import annotations

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.retouch.proportions import cut
from lab.tasks._conditioning import references, regions, steering
from lab.tasks._task import DRAWING, Stages, Task, kept_size


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    words = stages.words(plan)
    maps, masks = steering(request, plan, stages), regions(request, plan, stages)
    latents = stages.denoise(plan, words, maps, references=references(request), regions=masks)
    return cut(stages.picture(latents), kept_size(request, plan))


TEXT_TO_IMAGE = Task(
    name="text_to_image",
    title="Words become a picture",
    run=_run,
    recipe_fields=DRAWING | {"references", "regions"},
)
