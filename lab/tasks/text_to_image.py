"""Words become a picture."""

from __future__ import annotations

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.tasks._steer import references, steering
from lab.tasks._task import DRAWING, Bench, Task


def _run(request: Request, plan: Plan, bench: Bench) -> Picture:
    words = bench.words(plan)
    latents = bench.denoise(plan, words, steering(request, plan, bench), references=references(request))
    return bench.picture(latents)


TEXT_TO_IMAGE = Task(
    name="text_to_image",
    title="Words become a picture",
    run=_run,
    listens_to=DRAWING | {"references"},
)
