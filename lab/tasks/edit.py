"""A picture is changed by an instruction in words: "make it winter"."""

from __future__ import annotations

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.retouch.proportions import cut, laid_out
from lab.tasks._conditioning import references
from lab.tasks._task import DRAWING, Stages, Task, kept_size


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    kept = kept_size(request, plan)
    edited = laid_out(request.pictures[request.recipe.image or ""].on_white(), kept, plan.size).resized(plan.size)
    drawn = stages.denoise(plan, stages.words(plan), edited=edited, references=references(request))
    return cut(stages.picture(drawn), kept)


EDIT = Task(
    name="edit",
    title="A picture is changed by an instruction in words",
    run=_run,
    recipe_fields=DRAWING | {"image_guidance_scale", "references"},
    needs=frozenset({"image"}),
    edits=True,
    on_white=True,
)
