"""How long Cancel takes at each stage: `python -m bench.cancel` prints one JSON object.

A picture is cancelled at a random moment of each of its stages; what counts is from there to the end of the job. The
promise is one step and 50 ms at most, so the time of a step stands beside it. With `--full-size` on a Stable Diffusion
1.5 with random weights as well, made in a temporary folder (4 GB). With `--large-picture` only what works on pixels, at
12 megapixels: the longest time that each task and preprocessor goes on without looking, which promises a second.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from bench import _longest_gap
from bench.engine import Asker, Subject, full_size_subject, starter_subject
from lab.core import Picture, Request, Stopped
from lab.core.reporter import Reporter
from lab.pipelines.engine import DiffusersEngine
from lab.session.runner import run
from lab.tasks import plan

_STAGES = ("loading", "encoding", "words", "steps", "picture")


class _Watched(Reporter):
    """Says when each stage began, and stops the job once it was told to."""

    def __init__(self, awaited: str = "", step: int = 0) -> None:
        self.began: dict[tuple[str, int], float] = {}
        self.is_there = threading.Event()
        self.is_cancelled = threading.Event()
        self._awaited = awaited, step

    def check(self) -> None:
        """Raise when it is time."""
        if self.is_cancelled.is_set():
            msg = "cancelled by the bench"
            raise Stopped(msg)

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:  # noqa: ARG002 - the protocol's
        """Note when it began."""
        self.began.setdefault((stage, step), time.perf_counter())
        if (stage, step) == self._awaited:
            self.is_there.set()
        self.check()

    def preview(self, make: Callable[[], Picture]) -> None:
        """Every preview is wanted."""
        make()


def measure(subject: Subject, times: int) -> dict[str, Any]:
    """The latencies of each stage in ms, and what a step takes."""
    ask, dice = Asker(subject), random.Random(0)  # noqa: S311 - no secret
    seeds = iter(range(1000, 10**6))

    def wanted(stage: str) -> Request:
        """A picture of which nothing is kept; one from a picture, where the encoder is wanted."""
        seed = next(seeds)
        if stage == "encoding":
            noise = Picture(ask.photo.pixels ^ (seed % 256))
            asked = ask("image_to_image", seed=seed, image=ask.photo.hash)
            return Request(asked.recipe.changed(image=noise.hash), {noise.hash: noise})
        return ask(seed=seed, prompt=f"a red apple {seed}")

    engine = DiffusersEngine("cpu")
    lengths = _lengths(engine, wanted, subject)
    step_s = lengths["steps"]
    found: dict[str, Any] = {"step_ms": round(1000 * step_s)}
    for stage in _STAGES:
        late = []
        for _ in range(times):
            if stage == "loading":
                engine.release()
            step = dice.randrange(subject.steps) if stage == "steps" else 0
            awaited = {"encoding": "steps"}.get(stage, stage)
            late.append(_latency_s(engine, wanted(stage), _Watched(awaited, step), dice.random() * lengths[stage]))
        done = [one for one in late if one is not None]
        found[stage] = {
            "worst_ms": round(1000 * max(done)),
            "median_ms": round(1000 * median(done)),
            "cancelled": len(done),
            "too_late": late.count(None),
        }
    worst = max(found[stage]["worst_ms"] for stage in _STAGES)
    return found | {"worst_beyond_a_step_ms": round(worst - 1000 * step_s)}


def _lengths(engine: DiffusersEngine, wanted: Callable[[str], Request], subject: Subject) -> dict[str, float]:
    """How long each stage lasts, in seconds; of the steps, one in the midst of a drawing."""
    run(engine, plan(wanted("")), _Watched())  # a process does much for the first time in its first picture
    engine.release()
    reporter = _Watched()
    run(engine, plan(wanted("")), reporter)
    steady = _Watched()
    run(engine, plan(wanted("")), steady)
    ended = time.perf_counter()
    marks = steady.began
    step_s = median(marks["steps", step + 1] - marks["steps", step] for step in range(subject.steps))
    encoding = _Watched()
    run(engine, plan(wanted("encoding")), encoding)
    of_image = encoding.began["steps", 1] - encoding.began["steps", 0]
    return {
        "loading": reporter.began["steps", 0] - reporter.began["loading", 0],
        "encoding": max(0.001, of_image - step_s),
        "words": marks["steps", 0] - marks["words", 0],
        "steps": step_s,
        "picture": ended - marks["picture", 0],
    }


def _latency_s(engine: DiffusersEngine, asked: Request, reporter: _Watched, after_s: float) -> float | None:
    """From the cancel to the end of the job; None when the picture was done before."""
    ended: list[float] = []

    def draw() -> None:
        try:
            run(engine, plan(asked), reporter)
        except Stopped:
            ended.append(time.perf_counter())

    thread = threading.Thread(target=draw)
    thread.start()
    reporter.is_there.wait(600)
    time.sleep(after_s)
    cancelled = time.perf_counter()
    reporter.is_cancelled.set()
    thread.join()
    return ended[0] - cancelled if ended else None


def main() -> None:
    """Parse the options, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.cancel", description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="cancels a stage (default: %(default)s)")
    parser.add_argument("--full-size", type=int, default=0, metavar="TIMES", help="the same on the full-size model")
    parser.add_argument("--large-picture", action="store_true", help="what works on pixels alone, at 12 megapixels")
    options = parser.parse_args()
    if options.large_picture:
        print(json.dumps(_longest_gap.measure(), indent=1))
        return
    found = {"starter": measure(starter_subject(), options.times)}
    if options.full_size:
        with tempfile.TemporaryDirectory() as folder:
            found["full_size_sd15"] = measure(full_size_subject(Path(folder)), options.full_size)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
