"""Runs a planned request: opens the engine's stages for it, and the task on them. Knows neither queue nor gallery."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from lab.core.errors import BadInput, NotFinite
from lab.core.picture import Picture
from lab.core.recipe import Plan, Recipe, Request
from lab.core.reporter import Reporter
from lab.tasks import PlannedRequest, plan

if TYPE_CHECKING:
    from lab.pipelines.engine import DiffusersEngine
    from lab.pipelines.speedups.approximate import Cost

_LIBRARIES = (
    "sketchlab", "torch", "diffusers", "transformers", "peft", "accelerate", "numpy", "pillow",
    "opencv-python-headless", "controlnet-aux", "scikit-image", "pymatting",
)  # fmt: skip


def run(engine: DiffusersEngine, planned: PlannedRequest, reporter: Reporter) -> tuple[Picture, Plan]:
    """The picture, and the plan with where and how it was drawn.

    Raises:
        MissingWeights: when the model is not on this machine.
        NotFinite: when it made no numbers, in whatever dtype.
        OutOfMemory: when the device is too small, after everything was tried.
        Stopped: from the reporter, when the job was cancelled.
    """
    while True:
        try:
            return _run(engine, planned, reporter)
        except NotFinite:
            if not engine.draw_safer(planned.plan.card, reporter):
                raise
        # Only here the error is gone, and with it all that its trace held.


def _run(engine: DiffusersEngine, planned: PlannedRequest, reporter: Reporter) -> tuple[Picture, Plan]:
    from lab.pipelines.weights import fingerprints

    if planned.task.draws:
        fingerprints.begin(planned.plan)
    with engine.stages(planned.plan, reporter) as stages:
        here = replace(planned.plan, device=stages.device, dtype=stages.dtype, threads=stages.threads)
        picture = planned.task.made(planned.request, here, stages)
        note = "; ".join(filter(None, [here.note, *stages.notes]))
        if here.steps:
            here = replace(here, recipe=here.recipe.changed(precision=stages.precision), revision=stages.revision)
        here = replace(here, note=note, versions=versions())
        return picture, replace(here, weights=fingerprints.fingerprints(here)) if planned.task.draws else here


@cache
def versions() -> Mapping[str, str]:
    """Of the lab, of Python and of all libraries whose numbers are in a picture."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):  # such as OpenCV, which comes under several names
            found[name] = version(name)
    return found


def cost(engine: DiffusersEngine, planned: PlannedRequest, reporter: Reporter) -> Cost:
    """What the acceleration of a planned request gives and takes, measured; later pictures say so beside them.

    Raises:
        BadInput: when it has none.
        SketchlabError: as for `run`.
    """
    recipe = planned.request.recipe
    check_has_cost(recipe)
    untraded = plan(Request(recipe.changed(acceleration=None), planned.request.pictures))
    return engine.cost(planned.plan, partial(_drawn, engine, untraded), partial(_drawn, engine, planned), reporter)


def check_has_cost(recipe: Recipe) -> None:
    """Refuse to measure what an exact drawing costs.

    Raises:
        BadInput: when the recipe has no acceleration.
    """
    if recipe.acceleration is None:
        msg = f"{recipe.model} is drawn exactly, so there is no cost: measure acceleration='taylorseer', for one"
        raise BadInput(msg)


def _drawn(engine: DiffusersEngine, planned: PlannedRequest, reporter: Reporter) -> Picture:
    return run(engine, planned, reporter)[0]
