"""How quickly the families draw on a GPU, and in how little of its memory: prints one JSON object.

python -m bench.families

FLUX.2 klein, Stable Diffusion 1.5 and SDXL are built here at their full sizes, with random weights: as slow and as
large as the real ones. `ms` is from a new sketch to its picture, in 4 steps without guidance, at 512 and 1024 pixels:
with all of the model there in its usual numbers, in 8 bits, and compiled. `under_gb` is the most that torch had
allocated while it was held to so many GB, with how the model lay then. It takes a CUDA GPU of 30 GB, 16 GB of disk, and
8 minutes: what does not begin in time is null. `--tiny` goes through all of it with tiny models on the CPU, without
compiling anything; what only a GPU can tell is null there.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import torch

from bench._hand import spread
from bench._random_families import FAMILIES, put
from lab.core import OutOfMemory, Recipe, Request, Sketch, control, rasterise
from lab.core.reporter import NullReporter
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.taken import TAKEN_BYTES

WAYS: dict[str, dict[str, Any]] = {
    "whole": {"precision": "exact"},
    "8bit": {"precision": "8bit"},
    "compiled": {"precision": "exact", "acceleration": "compile"},
}
CAPS_GB = (8, 12, 16, 24)
_STEPS = 4
_WARMING = 2
_LAST_BEGIN = 0.85
"""Of the time, until when a figure may be begun."""


class Bench(NamedTuple):
    """Where is measured, and how long.

    Args:
        device: "cuda", or "cpu" with tiny models.
        sides: of the pictures, in pixels.
        pictures: so many to a figure.
        ends_at: by the clock of `time.monotonic`; nothing begins behind it.
    """

    device: torch.device
    sides: tuple[int, ...]
    pictures: int
    ends_at: float

    @property
    def is_real(self) -> bool:
        """Whether a GPU is measured."""
        return self.device.type == "cuda"

    def in_time(self, measure: Callable[[], Any]) -> Any:
        """What is measured; None where time is up."""
        return measure() if time.monotonic() < self.ends_at else None


def main() -> int:
    """Measure and print; 1 where there is no GPU."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.families", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tiny", action="store_true", help="tiny models on the CPU: is all of it in order?")
    parser.add_argument("--pictures", type=int, default=12, help="to a figure (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=8.0, help="for all of it (default: %(default)s)")
    options = parser.parse_args()
    if not options.tiny and not torch.cuda.is_available():
        print("bench.families measures a CUDA GPU, and there is none here: `--tiny` goes through it on the CPU.")
        return 1
    device = torch.device("cpu" if options.tiny else "cuda")
    sides = (64, 128) if options.tiny else (512, 1024)
    bench = Bench(device, sides, options.pictures, time.monotonic() + 60 * _LAST_BEGIN * options.minutes)
    found: dict[str, Any] = {
        "bench": "families", "device": torch.cuda.get_device_name(device) if bench.is_real else "cpu, tiny models",
        "torch": torch.__version__, "steps": _STEPS,
    }  # fmt: skip
    with _compiler(is_real=bench.is_real):
        for family in FAMILIES:
            found[family] = bench.in_time(lambda family=family: _family(bench, family))
    print(json.dumps(found, indent=1))
    return 0


def _family(bench: Bench, family: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        put(family, Path(folder) / family, bench.device, None if bench.is_real else bench.sides[0])
        _emptied(bench)
        engine = DrawingEngine(bench.device.type)
        ms = {way: {str(side): bench.in_time(lambda way=way, side=side: _ms(bench, engine, family, way, side))
                    for side in bench.sides} for way in WAYS}  # fmt: skip
        engine.release()
        _emptied(bench)
        peaks = {str(gb): bench.in_time(lambda gb=gb: _under(bench, family, gb)) for gb in CAPS_GB}
    return {"ms": ms, "under_gb": peaks}


def _ms(bench: Bench, engine: DrawingEngine, family: str, way: str, side: int) -> dict[str, Any]:
    """Milliseconds from a sketch to its picture; the first ones load, and compile."""
    times, reporter = [], NullReporter()
    for number in range(_WARMING + bench.pictures):
        asked = _asked(family, side, number, **WAYS[way])
        began = time.perf_counter()
        engine.run(asked, reporter)  # its pixels are in the machine's memory then
        times.append(1000 * (time.perf_counter() - began))
        if number > _WARMING and time.monotonic() > bench.ends_at:
            break
    return {**spread(times[_WARMING:]), "lay": _lay(engine, family)}


def _under(bench: Bench, family: str, gigabytes: int) -> dict[str, Any]:
    """What one of the larger pictures takes of a GPU of so many GB, or why there is none."""
    with _held_to(bench, gigabytes):
        engine = DrawingEngine(bench.device.type)
        if bench.is_real:
            torch.cuda.reset_peak_memory_stats(bench.device)
        try:
            _, plan = engine.run(_asked(family, bench.sides[-1], 0, precision="auto"), NullReporter())
        except OutOfMemory as error:
            return {"peak_gb": None, "refused": str(error)}
        finally:
            lay = _lay(engine, family)
            engine.release()
            del engine
            _emptied(bench)
        peak = round(torch.cuda.max_memory_allocated(bench.device) / 1e9, 2) if bench.is_real else None
    return {"peak_gb": peak, "lay": lay, "note": plan.note, "dtype": plan.dtype}


def _asked(family: str, side: int, number: int, **how: Any) -> Request:
    """A drawing along a sketch that was not seen before."""
    sketch = rasterise(Sketch().circle(256, 256, 90 + 5 * number))
    lines = control(sketch, "lines", preprocessor="lines")
    recipe = Recipe(
        task="sketch_to_image", model=family, prompt="a red apple", seed=number, steps=_STEPS, guidance_scale=1.0,
        width=side, height=side, controls=(lines.value,), **how,
    )  # fmt: skip
    return Request(recipe, {sketch.hash: sketch})


def _lay(engine: DrawingEngine, family: str) -> str | None:
    """How the model lies, in words; None where it could not be read."""
    model = engine.loaded.get(family)
    return model.parts.placement.said if model else None


@contextmanager
def _held_to(bench: Bench, gigabytes: int) -> Iterator[None]:
    """While this lasts, torch has no more of the GPU, and says so; on a CPU all is as it was."""
    if not bench.is_real:
        yield
        return
    device = bench.device
    whole = torch.cuda.get_device_properties(device).total_memory
    limit = min(whole, gigabytes * 2**30 - TAKEN_BYTES)
    torch.cuda.set_per_process_memory_fraction(limit / whole, device)
    try:
        with patch.object(torch.cuda, "mem_get_info", lambda *_: (limit - torch.cuda.memory_reserved(device), limit)):
            yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)


@contextmanager
def _compiler(*, is_real: bool) -> Iterator[None]:
    """Compile for a GPU; tiny models go the same way, and stay as they are at its end."""
    if is_real:
        yield
    else:
        with patch("lab.pipelines.speedups.approximate._COMPILER", "eager"):
            yield


def _emptied(bench: Bench) -> None:
    gc.collect()
    if bench.is_real:
        torch.cuda.empty_cache()


if __name__ == "__main__":
    sys.exit(main())
