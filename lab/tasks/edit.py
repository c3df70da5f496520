"""A picture is changed by an instruction in words: "make it winter"."""

from __future__ import annotations

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.tasks._conditioning import references
from lab.tasks._task import DRAWING, Stages, Task


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    edited = request.pictures[request.recipe.image or ""].on_white().resized(plan.size)
    return stages.picture(stages.denoise(plan, stages.words(plan), edited=edited, references=references(request)))


EDIT = Task(
    name="edit",
    title="A picture is changed by an instruction in words",
    run=_run,
    recipe_fields=DRAWING | {"image_guidance_scale", "references"},
    needs=frozenset({"image"}),
    edits=True,
)
