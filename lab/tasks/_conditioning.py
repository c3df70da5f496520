"""The pictures that steer a drawing beside its words: control maps and references."""

from __future__ import annotations

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.tasks._task import Stages


def steering(request: Request, plan: Plan, stages: Stages) -> tuple[Picture, ...]:
    """The control maps of a request, in the order of its controls, at the plan's size."""
    controls = request.recipe.controls
    return tuple(stages.control_map(control, request.pictures[control.picture], plan) for control in controls)


def references(request: Request) -> tuple[Picture, ...]:
    """The pictures that lend their style, in the order of the recipe."""
    return tuple(request.pictures[one.picture] for one in request.recipe.references)
