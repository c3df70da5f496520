"""A sketch and words become a picture that follows the lines."""

from __future__ import annotations

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.tasks._task import Bench, Task


def _run(request: Request, plan: Plan, bench: Bench) -> Picture:
    words = bench.words(plan)
    maps = tuple(
        bench.control_map(control, request.pictures[control.picture], plan) for control in request.recipe.controls
    )
    latents = bench.denoise(plan, words, maps)
    return bench.picture(latents)


SKETCH_TO_IMAGE = Task(
    name="sketch_to_image",
    title="A sketch and words become a picture",
    run=_run,
    listens_to=frozenset({"prompt", "negative_prompt", "steps", "guidance_scale", "scheduler", "controls"}),
    sketch="lines",
)
