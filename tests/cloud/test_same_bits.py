"""The starter model in this process, on the command line and in a real worker: the same request, the same bits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from lab import Lab, Picture, Sketch
from lab.__main__ import main
from lab.core import rasterise
from lab.core.conditioning import control, reference
from lab.pipelines.library_logging import quiet_libraries
from lab.tasks import TASKS, plan
from tests.cloud.workers import worker
from tests.pipelines.tiny import make_tiny

pytestmark = pytest.mark.starter

PHOTO = Picture(np.random.default_rng(3).integers(0, 256, (4, 5, 3), np.uint8)).resized((160, 128))
PRODUCT = Picture(np.pad(np.full((40, 30, 3), 90, np.uint8), ((20, 20), (20, 20), (0, 0)), constant_values=255))
MASK = Picture(np.pad(np.full((40, 40, 3), 255, np.uint8), ((44, 44), (60, 60), (0, 0))))
SKETCH = rasterise(Sketch().circle(256, 256, 100))
QUICK = {"steps": 2, "prompt": "a red apple", "seed": 5}
SIZED = {"width": 64, "height": 64, **QUICK}
ASKED: dict[str, dict[str, Any]] = {
    "sketch_to_image": {"sketch": SKETCH, **QUICK},
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
TYPED = {
    "sketch_to_image": ["sketch"],
    "inpaint": ["image", "mask"],
    "outpaint": ["image", "--left", "16", "--right", "32"],
    "control_to_image": ["image", "--kind", "canny"],
    "style_transfer": ["image", "--style", "product"],
    "remove_background": ["product", "--margin", "0.2"],
    "product_shot": ["product", "--scene", "image"],
    "upscale": ["product", "--factor", "2", "--strength", "0"],
    "image_to_image": ["image"],
    "text_to_image": [],
}
"""The same as it is typed, with a picture's file by its name; prompt, seed, steps and size come from `ASKED`."""


def test_every_task_gives_the_same_bits_in_the_lab_and_in_a_worker(
    own_queue: Any, rented: Callable[..., Lab], tmp_path: Path
) -> None:
    assert set(TASKS) - set(ASKED) == {"edit"}, "the model of which is another, below"
    with (
        worker(own_queue, "w1", "--model", "starter", "--rp_log_level", "ERROR"),
        Lab(home=tmp_path / "here") as here,
    ):
        there = rented("?workers=2", at=own_queue)
        jobs = {task: there.run(task, **settings) for task, settings in ASKED.items()}
        for task, settings in ASKED.items():
            drawn = here.run(task, **settings).wait(120)
            rented_one = jobs[task].wait(300)
            assert rented_one.picture == drawn.picture, task
            assert (rented_one.plan.note, rented_one.plan.dtype) == (drawn.plan.note, drawn.plan.dtype), task
            assert plan(drawn.request).makes == drawn.picture.size, task
            assert TASKS[task].has_alpha or not drawn.picture.has_alpha, task


def test_an_edit_gives_the_same_bits_on_the_command_line_and_in_a_worker(
    own_queue: Any, rented: Callable[..., Lab], tmp_path: Path
) -> None:
    """On a tiny model of the user's own: the starter model edits nothing."""
    with quiet_libraries():
        own = str(make_tiny(tmp_path / "klein", "klein"))
    photo, out = tmp_path / "photo.png", tmp_path / "out.png"
    photo.write_bytes(PHOTO.to_png())
    settings = {"image": photo, "prompt": "make it red", "seed": 5, "steps": 2}
    with (
        worker(own_queue, "w1", "--model", own, "--family", "klein", "--rp_log_level", "ERROR"),
        Lab(own, family="klein", home=tmp_path / "here") as here,
    ):
        there = rented(f"/{quote(own, safe='')}", at=own_queue, family="klein")
        asked = there.run("edit", **settings)
        drawn = here.run("edit", **settings).wait(120).picture
        assert asked.wait(300).picture == drawn
    typed = ["edit", str(photo), "--prompt", "make it red", "--seed", "5", "--steps", "2", "--model", own]
    assert main([*typed, "--family", "klein", "--home", str(tmp_path / "cli"), "-o", str(out)]) == 0
    assert Picture.of(out) == drawn


def test_every_task_gives_the_same_bits_on_the_command_line(tmp_path: Path) -> None:
    assert set(TYPED) == set(ASKED)
    files = {"image": PHOTO, "mask": MASK, "product": PRODUCT, "sketch": SKETCH}
    for name, picture in files.items():
        (tmp_path / f"{name}.png").write_bytes(picture.to_png())
    with Lab(home=tmp_path / "here") as here:
        for task, typed in TYPED.items():
            settings = {name: value for name, value in ASKED[task].items() if name != "filters"}  # it has none
            words = [str(tmp_path / f"{one}.png") if one in files else one for one in typed]
            for name in set(SIZED) & set(settings):
                words += [f"--{name}", str(settings[name])]
            out = tmp_path / f"{task}.png"
            assert main([task.replace("_", "-"), *words, "--home", str(tmp_path / "cli"), "-o", str(out)]) == 0
            assert Picture.of(out) == here.run(task, **settings).wait(120).picture, task
