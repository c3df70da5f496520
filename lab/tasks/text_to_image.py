"""Words become a picture."""

from __future__ import annotations

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.tasks._task import Bench, Task


def _run(request: Request, plan: Plan, bench: Bench) -> Picture:  # noqa: ARG001 - every task has this signature
    words = bench.words(plan)
    latents = bench.denoise(plan, words)
    return bench.picture(latents)


TEXT_TO_IMAGE = Task(
    name="text_to_image",
    title="Words become a picture",
    run=_run,
    listens_to=frozenset({"prompt", "negative_prompt", "steps", "guidance_scale", "scheduler"}),
)
