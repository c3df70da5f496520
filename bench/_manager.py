"""What the manager around the engine costs a job: the queue, the events, the gallery. No model."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from lab.core import Picture, Recipe, Request
from lab.core.events import Event, Result
from lab.core.recipe import Plan
from lab.core.reporter import Reporter
from lab.gallery import Gallery
from lab.jobs import Worker
from lab.tasks import plan

_PICTURE = Path(__file__).parents[1] / "notebooks" / "pictures" / "apple.jpg"


class _Ready:
    """An engine whose picture is there at once: a photograph of 256 x 256."""

    def __init__(self) -> None:
        self._picture = Picture.of(Picture.of(_PICTURE).to_pil().resize((256, 256)))

    def load(self, model: str, reporter: Reporter) -> None:
        """Nothing to load."""

    def run(self, request: Request, reporter: Reporter) -> tuple[Picture, Plan]:
        """Four steps of nothing."""
        for step in range(4):
            reporter.progress("steps", step + 1, 4)
        return self._picture, plan(request)


def overhead_ms(jobs: int) -> dict[str, float]:
    """Median milliseconds from submitting a job to its result, without and with a gallery on disk."""
    heard: list[Event] = []
    with tempfile.TemporaryDirectory() as folder:
        gallery = Gallery(Path(folder), "bench")

        def keep(result: Result, is_live: bool) -> Result:  # noqa: FBT001 - the worker's signature
            return gallery.add(result, is_live=is_live)

        return {
            "without_gallery": _overhead(Worker(_Ready(), heard.append), jobs),
            "with_gallery": _overhead(Worker(_Ready(), heard.append, keep), jobs),
        }


def _overhead(worker: Worker, jobs: int) -> float:
    spent = []
    try:
        for turn in range(jobs + 20):
            began = time.perf_counter()
            worker.submit(Request(Recipe(prompt="an apple", seed=turn))).wait(30)
            spent.append(time.perf_counter() - began)
    finally:
        worker.close()
    return round(1000 * median(spent[20:]), 3)
