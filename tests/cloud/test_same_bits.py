"""The starter model in this process, on the command line and in a real worker: the same request, the same bits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab import Lab, Picture, Sketch
from lab.__main__ import main
from lab.core.conditioning import control, reference
from lab.tasks import TASKS, plan
from tests.cloud.workers import worker

pytestmark = pytest.mark.starter

PHOTO = Picture(np.random.default_rng(3).integers(0, 256, (4, 5, 3), np.uint8)).resized((160, 128))
PRODUCT = Picture(np.pad(np.full((40, 30, 3), 90, np.uint8), ((20, 20), (20, 20), (0, 0)), constant_values=255))
MASK = Picture(np.pad(np.full((40, 40, 3), 255, np.uint8), ((44, 44), (60, 60), (0, 0))))
QUICK = {"steps": 2, "prompt": "a red apple", "seed": 5}
SIZED = {"width": 64, "height": 64, **QUICK}
ASKED: dict[str, dict[str, Any]] = {
    "sketch_to_image": {"sketch": Sketch().circle(256, 256, 100), **QUICK},
    "text_to_image": {**SIZED, "filters": ({"name": "sharpen"},)},
    "image_to_image": {"image": PHOTO, **SIZED},
    "inpaint": {"image": PHOTO, "mask": MASK, **QUICK},
    "outpaint": {"image": PHOTO, "left": 16, "right": 32, **QUICK},
    "control_to_image": {"controls": [control(PHOTO, "canny")], **SIZED},
    "style_transfer": {"image": PHOTO, "references": [reference(PRODUCT, "style")], **SIZED},
    "remove_background": {"image": PRODUCT, "margin": 0.2},
    "product_shot": {"image": PRODUCT, "scene": PHOTO, **QUICK},
    "upscale": {"image": PRODUCT, "factor": 2, "strength": 0.0},
}
"""Every task that the starter model can do."""


def test_every_task_gives_the_same_bits_in_the_lab_and_in_a_worker(
    own_queue: Any, rented: Callable[..., Lab], tmp_path: Path
) -> None:
    assert set(TASKS) - set(ASKED) == {"edit"}, "which wants another model"
    with (
        worker(own_queue, "w1", "--model", "starter", "--rp_log_level", "ERROR"),
        Lab(home=tmp_path / "here") as here,
    ):
        there = rented("?workers=2", at=own_queue)
        jobs = {task: there.run(task, **settings) for task, settings in ASKED.items()}
        for task, settings in ASKED.items():
            drawn = here.run(task, **settings).wait(120)
            rented_one = jobs[task].wait(120)
            assert rented_one.picture == drawn.picture, task
            assert (rented_one.plan.note, rented_one.plan.dtype) == (drawn.plan.note, drawn.plan.dtype), task
            assert plan(drawn.request).makes == drawn.picture.size, task
            assert TASKS[task].has_alpha or not drawn.picture.has_alpha, task
    out = tmp_path / "out.png"
    words = ["--prompt", "a red apple", "--steps", "2", "--seed", "5", "--width", "64", "--height", "64"]
    photo = tmp_path / "photo.png"
    photo.write_bytes(PHOTO.to_png())
    assert main(["image-to-image", str(photo), *words, "--home", str(tmp_path / "cli"), "-o", str(out)]) == 0
    assert Picture.of(out) == jobs["image_to_image"].result().picture
