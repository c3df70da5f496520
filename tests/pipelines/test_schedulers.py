"""The promise: every sampler takes every number of steps and every strength, and those of diffusers are its own."""

from __future__ import annotations

import diffusers
import pytest
import torch

from lab.core import Request
from lab.core.catalogue import CATALOGUE
from lab.pipelines.schedulers import scheduler_named
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import PHOTO, asked
from tests.pipelines.reporters import Told

OWN = diffusers.DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False)


@pytest.mark.parametrize("steps", [1, 4, 8, 33, 50])
def test_lcm_of_fifty_steps_or_fewer_is_that_of_diffusers(steps: int) -> None:
    ours, theirs = scheduler_named("lcm", OWN), diffusers.LCMScheduler.from_config(OWN.config)
    assert dict(ours.config) == dict(theirs.config)
    noise, made = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1)), []
    for sampler in (ours, theirs):
        sampler.set_timesteps(steps)
        dice, latents = torch.Generator().manual_seed(2), noise[:1]
        for time in sampler.timesteps:
            latents = sampler.step(noise[1:], time, latents, generator=dice).prev_sample
        made.append(latents)
    assert torch.equal(*made)


@pytest.mark.parametrize("steps", [51, 60, 100, 101, 150])
def test_lcm_of_more_steps_begins_at_pure_noise_and_takes_each_time_once(steps: int) -> None:
    sampler = scheduler_named("lcm", OWN)
    sampler.set_timesteps(steps)
    times = sampler.timesteps.tolist()
    assert len(times) == steps
    assert times[0] == 999
    assert times == sorted(set(times), reverse=True)


def test_lcm_draws_in_more_than_fifty_steps(engine: DrawingEngine) -> None:
    _, plan = engine.run(asked("sd15", scheduler="lcm", steps=51), Told())
    assert plan.steps_run == 51


def test_a_low_strength_is_one_step_with_every_sampler(engine: DrawingEngine) -> None:
    for scheduler in CATALOGUE["sd15"].schedulers:
        for steps, strength in ((12, 0.015), (7, 0.1), (150, 0.007), (1, 0.3)):
            wanted = asked("sd15", "image_to_image", scheduler=scheduler, steps=steps)
            wanted = Request(wanted.recipe.changed(strength=strength), {PHOTO.hash: PHOTO})
            _, plan = engine.run(wanted, Told())
            assert plan.steps_run == 1, (scheduler, steps, strength)
