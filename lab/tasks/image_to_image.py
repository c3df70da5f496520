"""A picture and words become another picture like it: what the strength leaves of the first shows through."""

from __future__ import annotations

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.tasks._steer import references, steering
from lab.tasks._task import DRAWING, Bench, Task


def _run(request: Request, plan: Plan, bench: Bench) -> Picture:
    image = request.pictures[request.recipe.image or ""]
    start = image.on_white().resized(plan.size)
    if plan.steps_run == 0:
        return start
    words = bench.words(plan)
    maps = steering(request, plan, bench)
    return bench.picture(bench.denoise(plan, words, maps, start=start, references=references(request)))


IMAGE_TO_IMAGE = Task(
    name="image_to_image",
    title="A picture and words become another like it",
    run=_run,
    listens_to=DRAWING | {"strength", "controls", "references"},
    needs=frozenset({"image"}),
    sketch="lines",
    strength=0.6,
)
