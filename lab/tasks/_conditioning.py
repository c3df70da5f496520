"""The pictures that steer a drawing beside its words: control maps, references, and where regions are."""

from __future__ import annotations

from functools import partial

from lab.core.picture import Mask, Picture
from lab.core.recipe import Plan, Request
from lab.retouch.proportions import laid_out
from lab.tasks._task import Stages, kept_size


def steering(request: Request, plan: Plan, stages: Stages) -> tuple[Picture, ...]:
    """The control maps of a request, in the order of its controls, at the plan's size."""
    controls = request.recipe.controls
    kept = kept_size(request, plan)
    pictures = (laid_out(request.pictures[control.picture], kept, plan.size) for control in controls)
    return tuple(map(partial(stages.control_map, plan=plan), controls, pictures))


def references(request: Request) -> tuple[Picture, ...]:
    """The pictures that lend their style, in the order of the recipe."""
    return tuple(request.pictures[one.picture] for one in request.recipe.references)


def regions(request: Request, plan: Plan, stages: Stages) -> tuple[Mask, ...]:
    """Where the regions of a request are, in their order, at the plan's size; of one that is nowhere it is said.

    Masks are laid over what is kept of the picture.
    """
    kept, masks = kept_size(request, plan), []
    for number, one in enumerate(request.recipe.regions, 1):
        own = request.pictures[one.picture].resized(kept)
        masks.append(Mask.from_grey(laid_out(own, kept, plan.size)))
        if not masks[-1].pixels.any():
            stages.say(f"the mask of region {number} is empty: its words count nowhere")
    return tuple(masks)
