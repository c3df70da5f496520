"""The pictures that steer a drawing beside its words: control maps and references."""

from __future__ import annotations

from functools import partial

from lab.core.picture import Picture
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
