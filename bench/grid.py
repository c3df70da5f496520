"""What a grid saves: `python -m bench.grid` prints one JSON object, on the starter model.

Five by five cells against the same pictures one by one, each as if nothing had been drawn before it; whether they are
the same to the bit; and how many are drawn anew after a kernel that was killed at the end of cell 12.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lab import Lab, Recipe

_BASE = Recipe(prompt="a red apple", seed=7, steps=8)
_GRIDS: dict[str, dict[str, Any]] = {
    "guidance x steps": {"x": {"guidance_scale": [2.0, 3.0, 4.0, 5.0, 6.0]}, "y": {"steps": [4, 6, 8, 10, 12]}},
    "prompt x seed": {
        "x": {"prompt": ["a red apple", "a potted plant", "a teapot", "a running shoe", "a cat"]},
        "y": {"seed": [1, 2, 3, 4, 5]},
    },
}
_KILLED = """
import json, os, signal, sys
from bench.grid import _BASE
from lab import Lab
over = json.loads(sys.argv[1])
lab, ended = Lab(home=over.pop("home")), []
def end(cell):
    ended.append(cell)
    if len(ended) == 12:
        os.kill(os.getpid(), signal.SIGKILL)
grid = lab.grid(_BASE, **over)
grid.on_cell(end)
grid.wait()
"""


def main() -> None:
    """Measure, and print."""
    print(json.dumps({name: _measured(over) for name, over in _GRIDS.items()}))


def _measured(over: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with Lab(home=home / "grid") as lab:
            lab.remake(_BASE).wait()  # read, and warm
            lab.cache.clear()
            began = time.perf_counter()
            grid = lab.grid(_BASE, **over).wait()
            in_a_grid = time.perf_counter() - began
        with Lab(home=home / "alone") as lab:
            began, same = time.perf_counter(), 0
            for cell, recipe in grid.recipes.items():
                lab.cache.clear()
                same += lab.remake(recipe).wait().picture == grid.results[cell].picture
            alone = time.perf_counter() - began
        return {
            "grid_s": round(in_a_grid, 2),
            "one_by_one_s": round(alone, 2),
            "times_faster": round(alone / in_a_grid, 2),
            "bit_identical_of_25": same,
            **_after_a_kill(home / "killed", over),
        }


def _after_a_kill(home: Path, over: dict[str, Any]) -> dict[str, int]:
    """Another process draws the grid, and gets SIGKILL as soon as cell 12 is there."""
    given = json.dumps({"home": str(home), **over})
    killed = subprocess.run([sys.executable, "-c", _KILLED, given], check=False)  # noqa: S603 our own code
    with Lab(home=home) as lab:
        drawn = len(lab.gallery.latest(100))
        again = lab.grid(_BASE, **over).wait()
        new = len(again.results) - len(again.found)
        return {"ended_by": -killed.returncode, "drawn_before_the_kill": drawn, "drawn_after_it": new}


if __name__ == "__main__":
    main()
