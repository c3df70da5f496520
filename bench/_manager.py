"""What the manager around the engine costs a job: the queue, the events, the gallery. No model."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from lab.core import Picture, Recipe, Request
from lab.core.events import Event, Result
from lab.core.reporter import Reporter
from lab.gallery import Gallery
from lab.jobs import Worker
from lab.tasks import plan

_PICTURE = Path(__file__).parents[1] / "notebooks" / "pictures" / "apple.jpg"


def overhead_ms(jobs: int) -> dict[str, float]:
    """Median milliseconds from submitting a job to its result, without and with a gallery on disk."""
    with tempfile.TemporaryDirectory() as folder:
        gallery = Gallery(Path(folder), "bench")
        return {
            "without_gallery": _overhead(lambda result: result, jobs),
            "with_gallery": _overhead(lambda result: gallery.add(result, is_live=False), jobs),
        }


def _overhead(keep: Callable[[Result], Result], jobs: int) -> float:
    heard: list[Event] = []
    worker, spent = Worker(heard.append), []
    photo = Picture.of(Picture.of(_PICTURE).to_pil().resize((256, 256)))

    def draw(request: Request, reporter: Reporter) -> Result:
        """A picture that is there at once: a photograph of 256 x 256, after four steps of nothing."""
        for step in range(4):
            reporter.progress("steps", step + 1, 4)
        return keep(Result(photo, request, plan(request), 0.0))

    try:
        for turn in range(jobs + 20):
            began = time.perf_counter()
            request = Request(Recipe(prompt="an apple", seed=turn))
            worker.submit(request, partial(draw, request)).wait(30)
            spent.append(time.perf_counter() - began)
    finally:
        worker.close()
    return round(1000 * median(spent[20:]), 3)
