"""Whether memory grows with a folder: `python -m bench.folder` prints one JSON object.

A folder of photographs of 12 megapixels goes through `python -m lab remove-background` in a process of its own, 5 of
them first and then 500; only the cutting-out itself has a stand-in, which takes a box. The promise is a peak of at most
1.5 times that of the 5. `--count` makes it fewer than 500.
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

from lab import Picture
from lab.__main__ import main as command_line

_WIDTH, _HEIGHT = 4000, 3000
_FEW, _MANY = 5, 500
_CHILD = "--in-this-process"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=_MANY, help=f"of photographs (default: {_MANY})")
    count = parser.parse_args().count
    few, many = _measured(_FEW), _measured(count)
    print(json.dumps({"few": few, "many": many, "times_the_peak": round(many["peak_mb"] / few["peak_mb"], 3)}))


def _measured(count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        _photographs(Path(folder) / "shoes", count)
        command = [sys.executable, "-m", "bench.folder", _CHILD, folder]
        began = time.perf_counter()
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - this very module
        made = len([*(Path(folder) / "made").glob("*.png")])
        if made != count:
            msg = f"{made} of {count} pictures were made: {said[-400:]}"
            raise RuntimeError(msg)
        return {
            "pictures": count,
            "peak_mb": int(said.split()[-1]),
            "s_each": round((time.perf_counter() - began) / count, 2),
        }


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


def _in_this_process(folder: Path) -> None:
    """Draw, and say the peak of this process' memory in MB."""
    given = ["remove-background", str(folder / "shoes"), "-o", str(folder / "made"), "--home", str(folder / "home")]
    with patch("lab.tasks.remove_background.cut_out", _boxed):
        ended = command_line(given)
    if ended:
        raise SystemExit(ended)
    status = Path("/proc/self/status").read_text("utf-8")
    print(int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) // 1000)


if __name__ == "__main__":
    if sys.argv[1:2] == [_CHILD]:
        _in_this_process(Path(sys.argv[2]))
    else:
        main()
