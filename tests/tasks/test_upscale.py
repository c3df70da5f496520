"""Upscaling without a model: what the tiles of the diffusion pass are given, and that they leave no trace."""

from __future__ import annotations

import numpy as np
import pytest

from lab.core import Picture, Recipe, Request, Size
from lab.core.catalogue import model_card
from lab.tasks import plan, task_named
from tests.tasks.paper_stages import PaperStages, noise, same

GRADIENT = Picture(np.indices((90, 131)).sum(axis=0)[..., None].repeat(3, axis=2).astype(np.uint8))


def ran(stages: PaperStages, **fields: object) -> Picture:
    asked = Request(Recipe(task="upscale", image=GRADIENT.hash, **fields), {GRADIENT.hash: GRADIENT})
    return task_named("upscale").run(asked, plan(asked).plan, stages)


def enlarged(factor: int) -> Picture:
    """What the bench's network gives."""
    return GRADIENT.resized(Size(131 * factor, 90 * factor))


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_without_strength_no_model_draws(factor: int) -> None:
    stages = PaperStages(noise)
    assert ran(stages, settings={"factor": factor}) == enlarged(factor)
    assert stages.plans == []


def test_tiles_that_a_model_leaves_alone_leave_no_seam() -> None:
    stages = PaperStages(same)
    made = ran(stages, strength=0.3)
    difference = np.abs(made.pixels.astype(int) - enlarged(4).pixels)
    assert difference.max() <= 1, f"differs by {difference.max()}"
    assert len(stages.plans) > 3, "the picture is larger than one tile"
    assert {plan.size.multiple_of(model_card("starter").multiple) for plan in stages.plans} == {
        plan.size for plan in stages.plans
    }


def test_more_strength_runs_more_steps_in_every_tile() -> None:
    for strength, steps in ((0.25, 3), (0.5, 6)):
        stages = PaperStages(same)
        ran(stages, strength=strength)
        assert {plan.steps_run for plan in stages.plans} == {steps}


def test_the_tile_controlnet_holds_each_tile_to_its_own_part_as_strongly_as_asked() -> None:
    stages = PaperStages(same)
    ran(stages, model="sd15", strength=0.4, settings={"structure": 0.65})
    for drawn, start, maps in zip(stages.plans, stages.starts, stages.maps, strict=True):
        (control,) = drawn.recipe.controls
        assert (control.kind, control.weight) == ("tile", 0.65)
        assert maps == (start,)


def test_a_model_without_a_tile_controlnet_goes_without() -> None:
    stages = PaperStages(same)
    ran(stages, strength=0.4)
    assert set(stages.maps) == {()}
