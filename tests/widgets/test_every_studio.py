"""One Studio serves every task, by what the task declares."""

from __future__ import annotations

import numpy as np
import pytest

from lab import Lab, Mask, Picture
from lab.tasks import TASKS
from widgets import Studio


@pytest.mark.parametrize("task", list(TASKS))
def test_every_task_has_a_bench_that_says_what_it_lacks_and_leaves_nothing_behind(lab: Lab, task: str) -> None:
    from ipywidgets.widgets.widget import _instances

    before = len(_instances)
    studio = Studio(lab, task)
    lacks = studio._lacks
    studio._draw.click()
    assert lacks in studio.bar.error
    assert bool(lacks) is bool(studio.sources)
    studio.close()
    assert len(_instances) == before


@pytest.mark.parametrize("task", [name for name, task in TASKS.items() if "image" in task.needs and not task.edits])
def test_a_picture_on_the_canvas_is_the_one_that_the_task_gets(lab: Lab, task: str) -> None:
    studio = Studio(lab, task)
    picture = Picture(np.full((96, 128, 3), (200, 40, 40), np.uint8))
    studio.image = picture
    if "mask" in TASKS[task].needs:
        assert "paint over" in studio._lacks
        studio.canvas.mask = Mask(np.full((96, 128), 255, np.uint8))
    asked = studio.request()
    assert asked.pictures[asked.recipe.image] == picture
    result = lab.submit(asked).wait(20)
    studio.result = result
    studio.go_on_with_result()
    assert studio.image == result.picture
    studio.close()


def test_the_outcome_of_a_mask_is_shown_on_the_picture_as_long_as_that_is_wanted(lab: Lab) -> None:
    studio = Studio(lab, "inpaint")
    studio.image = Picture(np.full((96, 128, 3), 200, np.uint8))
    pixels = np.zeros((96, 128), np.uint8)
    pixels[40:60, 40:60] = 255
    studio.canvas.mask = Mask(pixels)
    shown = {"denoised", "pasted back", "context"}
    assert not shown & set(studio.canvas.layers)
    studio._outcome.value = True
    assert shown <= set(studio.canvas.layers)
    studio._outcome.value = False
    assert not shown & set(studio.canvas.layers)
    studio.close()
