"""A picture is changed by an instruction in words: "make it winter"; where asked for, nothing else of it."""

from __future__ import annotations

from lab.core.geometry import Size
from lab.core.picture import Mask, Picture
from lab.core.recipe import Plan, Recipe, Request
from lab.retouch.edits import kept_edit, taken_over
from lab.retouch.fidelity import Stays, untouched
from lab.retouch.masks import inverted
from lab.retouch.proportions import cut, laid_out
from lab.tasks._conditioning import references
from lab.tasks._task import DRAWING, Settings, Stages, Task, finished_size, kept_size


class EditSettings(Settings):
    """What of the model's picture is taken over."""

    keep: bool = False
    """Whether only what the words changed is taken over: the rest stays as it is, bit by bit."""


def _keeps(recipe: Recipe) -> bool:
    """A mask says where; without one, what changed is found."""
    return EditSettings.of(recipe).keep or recipe.mask is not None


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    recipe = request.recipe
    picture = request.pictures[recipe.image or ""]
    kept = kept_size(request, plan)
    edited = laid_out(picture.on_white(), kept, plan.size).resized(plan.size)
    seen = references(request)
    drawn = stages.denoise(plan, stages.words(plan, (edited, *seen)), edited=edited, references=seen)
    made = cut(stages.picture(drawn), kept)
    if not _keeps(recipe):
        return made
    mask = Mask.of(request.pictures[recipe.mask]) if recipe.mask else None
    stages.reporter.progress("keep")
    return kept_edit(picture, made, mask).picture


def _makes(request: Request, plan: Plan) -> Size:
    return request.pictures[request.recipe.image or ""].size if _keeps(request.recipe) else finished_size(request, plan)


def _stays(request: Request, plan: Plan, made: Picture) -> Stays | None:  # noqa: ARG001 - every task has this signature
    """All but what is pasted; where nobody painted where that is, all that is as it was."""
    picture = request.pictures[request.recipe.image or ""]
    if not request.recipe.mask:
        if not _keeps(request.recipe) or picture.size != made.size:
            return None
        return Stays(picture, untouched(picture, made), "the picture", is_found=True)
    mask = Mask.of(request.pictures[request.recipe.mask])
    return Stays(picture, inverted(taken_over(mask)), "what is not masked")


EDIT = Task(
    name="edit",
    title="A picture is changed by an instruction in words",
    run=_run,
    recipe_fields=DRAWING | {"image_guidance_scale", "references", "mask"},
    needs=frozenset({"image"}),
    settings=EditSettings,
    makes=_makes,
    stays=_stays,
    edits=True,
    on_white=True,
)
