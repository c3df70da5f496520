"""Results as a worker gives them, for a gallery to keep."""

from __future__ import annotations

import numpy as np

from lab.core import Control, Picture, Recipe, Request
from lab.core.events import Result
from lab.tasks import plan


def result(seed: int = 0, task: str = "sketch_to_image", *, is_quick: bool = False) -> Result:
    sketch = Picture(np.full((64, 64, 3), 200, np.uint8))
    recipe = Recipe(task=task, prompt="ein Äpfelchen 🍎", seed=seed, controls=(Control(picture=sketch.hash),))
    request = Request(recipe, {sketch.hash: sketch}, is_quick=is_quick)
    return Result(Picture(np.full((8, 8, 3), seed, np.uint8)), request, plan(request).plan, 1.5)
