"""Processes that write into a home until they are killed: `python -m tests.endure.killed_writers HOME ACKS`.

Each line on standard input, "SEED COUNT", begins so many writers (one or two) at once, which are killed one after the
other, at moments that the seed decides; a line comes back when none is left. What a writer has been told to be kept
it appends to a file of its own in ACKS, as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from lab.core import Control, Picture, Recipe, Request, Size, Stroke
from lab.core.events import Result
from lab.gallery import Autosave, Gallery, gallery, journal
from lab.tasks import plan

SESSION = "shop"
SIZE = Size(96, 64)
SMALL_BYTES = 6_000
"""A journal is written anew from here on: some twenty strokes, so that a kill may come in the midst of it."""
FEW = 3
"""So many live pictures are kept of each kind, and so many sketches there are: they come and go all the time."""
LONGEST_S = 0.08


def folder_of(home: Path) -> Path:
    """Where sketches and settings are."""
    return home / "sessions" / SESSION


def result(number: int) -> Result:
    """A picture of its own."""
    sketch = Picture(np.full((8, 8, 3), number % FEW, np.uint8))
    request = Request(
        Recipe(task="sketch_to_image", seed=number, controls=(Control(picture=sketch.hash),)), {sketch.hash: sketch}
    )
    return Result(Picture(np.full((8, 8, 3), number % 251, np.uint8)), request, plan(request).plan, 0.1)


def write(home: Path, acks: Path, seed: int) -> None:
    """Draw, keep pictures and save settings for ever; strokes and pictures are told apart by their numbers."""
    dice = random.Random(seed)
    file = os.open(acks, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def acknowledged(**what: Any) -> None:
        os.write(file, json.dumps(what).encode() + b"\n")

    autosave, pictures = Autosave(folder_of(home)), Gallery(home / "gallery", SESSION)
    history = autosave.history("canvas", SIZE)
    for number in count(seed * 10_000):
        match number % 10_000 if number % 10_000 < 4 else dice.randrange(5):
            case 0:
                is_live = dice.random() < 0.5
                kept = pictures.add(result(number), is_live=is_live)
                if not kept.not_kept:
                    acknowledged(picture=number, path=str(kept.path), is_live=is_live)
            case 1:
                now = time.monotonic_ns()
                autosave.save_settings("panel", {"n": now})
                autosave._settings.flush()
                acknowledged(settings=now)
            case 2:
                pixels = np.random.default_rng(number).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
                history.lay(Picture(pixels))
            case _:
                history.draw(Stroke(np.array([[number % 10_000, seed]])))
                if autosave.records("canvas"):
                    acknowledged(stroke=[number % 10_000, seed])


def _begun(home: Path, acks: Path, seed: int) -> int:
    child = os.fork()
    if child:
        return child
    try:
        write(home, acks / f"{seed}.jsonl", seed)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _killed(home: Path, acks: Path, seed: int, writers: int) -> None:
    dice = random.Random(seed)
    seeds = range(2 * seed, 2 * seed + writers)
    children = [_begun(home, acks, one) for one in seeds]
    while not all((acks / f"{one}.jsonl").is_file() and (acks / f"{one}.jsonl").stat().st_size for one in seeds):
        time.sleep(0.001)  # each has kept something, on a slow machine, too
    dice.shuffle(children)
    for child in children:
        time.sleep(dice.uniform(0, LONGEST_S))
        os.kill(child, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL, "it ended by itself"


if __name__ == "__main__":
    journal._SMALL_BYTES = SMALL_BYTES
    gallery._KEPT = {"live": FEW, "quick": FEW}
    for line in sys.stdin:
        _killed(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, line.split()))
        print("killed", flush=True)  # noqa: T201 - for the test that waits
