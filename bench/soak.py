"""Whether memory stays where it is: `python -m bench.soak` prints one JSON object.

500 mixed jobs on the starter model, with and without controls, at several sizes, some cancelled; resident memory is
that of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Callable

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import psutil

from lab.core import Picture, Recipe, Request, Sketch, Stopped, control, rasterise
from lab.core.catalogue import model_card
from lab.core.reporter import Reporter
from lab.pipelines.engine import DiffusersEngine
from lab.session.runner import run
from lab.tasks import plan

_SIDES = (128, 192, 256)


class _Sometimes(Reporter):
    """Stops the job at its n-th word, or never."""

    def __init__(self, words: int | None) -> None:
        self._words = words

    def check(self) -> None:
        """Raise when it is time."""
        if self._words is not None and self._words <= 0:
            msg = "cancelled by the soak"
            raise Stopped(msg)

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:  # noqa: ARG002 - the protocol's
        """Count the words."""
        if self._words is not None:
            self._words -= 1
        self.check()

    def preview(self, make: Callable[[], Picture]) -> None:
        """Every preview is wanted."""
        make()


def soak(jobs: int, settled_after: int) -> dict[str, float]:
    """Resident memory after `settled_after` jobs and after all, in MB."""
    engine, dice, process = DiffusersEngine(), random.Random(0), psutil.Process()  # noqa: S311 - no secret
    engine.load(model_card("starter"), _Sometimes(None))
    settled, cancelled = 0, 0
    for number in range(1, jobs + 1):
        try:
            run(engine, plan(_request(dice)), _Sometimes(dice.choice([None, None, None, dice.randrange(1, 6)])))
        except Stopped:
            cancelled += 1
        if number == settled_after:
            settled = process.memory_info().rss
    after = process.memory_info().rss
    return {
        "jobs": jobs,
        "cancelled": cancelled,
        f"resident_mb_after_{settled_after}": round(settled / 1e6, 1),
        "resident_mb_at_the_end": round(after / 1e6, 1),
        "growth_percent": round(100 * (after / settled - 1), 2),
        "stage_cache_mb": round(engine.cache_report().bytes / 1e6, 1),
    }


def _request(dice: random.Random) -> Request:
    task = dice.choice(["text_to_image", "sketch_to_image", "image_to_image", "control_to_image"])
    sketch = rasterise(Sketch().circle(256, 256, dice.randrange(40, 200)))
    settings = {"prompt": dice.choice(["a red apple", "a blue car", "a chair"]), "seed": dice.randrange(2**32)}
    settings |= {"steps": dice.choice([1, 2, 3]), "width": dice.choice(_SIDES), "height": dice.choice(_SIDES)}
    pictures: dict[str, Picture] = {}
    controls = ()
    if task == "image_to_image":
        photo = sketch.on_white()
        pictures[photo.hash] = photo
        settings |= {"image": photo.hash, "strength": dice.choice([0.3, 0.6, 1.0])}
    if task in ("sketch_to_image", "control_to_image"):
        pictures[sketch.hash] = sketch
        controls = (control(sketch).value,)
    return Request(Recipe(task=task, controls=controls, **settings), pictures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--jobs", type=int, default=500, help="how many in all (default: %(default)s)")
    given = parser.parse_args()
    print(json.dumps(soak(given.jobs, min(50, given.jobs // 2)), indent=1))
