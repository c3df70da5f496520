"""Whether memory grows with a folder: `python -m bench.folder` prints one JSON object.

A folder of photographs of 12 megapixels goes through `python -m lab remove-background` in a process of its own, 5 of
them first and then 500, and the same through `lab.grid`, whose jobs are all held; only the cutting-out itself has a
stand-in, which takes a box. The promise is a peak of at most 1.5 times that of the 5; `--count` makes it fewer.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from PIL import Image

from lab import Lab, Picture
from lab.__main__ import main as command_line

_WIDTH, _HEIGHT = 4000, 3000
_FEW, _MANY = 5, 500
_CHILD = "--in-this-process"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=_MANY, help=f"of photographs (default: {_MANY})")
    parser.add_argument("--way", choices=tuple(_WAYS), nargs="*", default=tuple(_WAYS), help="only in these ways")
    options = parser.parse_args()
    print(json.dumps({way: _compared(way, options.count) for way in options.way}))


def _compared(way: str, count: int) -> dict[str, Any]:
    few, many = _measured(way, _FEW), _measured(way, count)
    return {"few": few, "many": many, "times_the_peak": round(many["peak_mb"] / few["peak_mb"], 3)}


def _measured(way: str, count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        _photographs(Path(folder) / "shoes", count)
        command = [sys.executable, "-m", "bench.folder", _CHILD, folder, way]
        began = time.perf_counter()
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - this very module
        made, peak_mb = map(int, said.split()[-2:])
        if made != count:
            msg = f"{made} of {count} pictures were made: {said[-400:]}"
            raise RuntimeError(msg)
        return {"pictures": count, "peak_mb": peak_mb, "s_each": round((time.perf_counter() - began) / count, 2)}


def _photographs(folder: Path, count: int) -> None:
    """So many JPEG files, no two alike: a box on a ground with some noise."""
    folder.mkdir()
    ground = np.random.default_rng(0).integers(236, 244, (_HEIGHT, _WIDTH, 3), np.uint8)
    for number in range(count):
        pixels, left = ground.copy(), 400 + 5 * number
        pixels[900:2100, left : left + 600] = (40, 80 + number % 100, 120)
        Image.fromarray(pixels).save(folder / f"{number:03}.jpg", quality=80)


def _boxed(picture: Picture, **_: Any) -> Picture:
    """In place of a cut-out: what is dark."""
    alpha = np.where(picture.pixels[..., 0] < 128, np.uint8(255), np.uint8(0))
    return Picture(np.dstack([picture.pixels[..., :3], alpha]))


def _by_command(folder: Path) -> int:
    given = ["remove-background", str(folder / "shoes"), "-o", str(folder / "made"), "--home", str(folder / "home")]
    ended = command_line(given)
    if ended:
        raise SystemExit(ended)
    return len([*(folder / "made").glob("*.png")])


def _by_grid(folder: Path) -> int:
    with Lab(home=folder / "home") as lab:
        jobs = lab.grid("remove_background", {"image": folder / "shoes"})
        results = [job.wait() for job in jobs.values()]
        return len({result.picture.hash for result in results})


_WAYS = {"command": _by_command, "grid": _by_grid}


def _in_this_process(folder: Path, way: str) -> None:
    """Draw, and say how many were made, and the peak of this process' memory in MB."""
    with patch("lab.tasks.remove_background.cut_out", _boxed):
        made = _WAYS[way](folder)
    status = Path("/proc/self/status").read_text("utf-8")
    print(made, int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) // 1000)


if __name__ == "__main__":
    if sys.argv[1:2] == [_CHILD]:
        _in_this_process(Path(sys.argv[2]), sys.argv[3])
    else:
        main()
