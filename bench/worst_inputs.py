"""Time and memory of the worst input that each way in accepts: `python -m bench.worst_inputs` prints one JSON object.

Each is taken in by a process of its own. The seconds are the processor's, on one core; the memory is the most that this
process had beyond what it had before, as Linux counts it. `--table` prints the table of `docs/worst-inputs.md` instead.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from bench import _worst_cases
from bench._worst_files import FILES

CASES = {**_worst_cases.CASES, **FILES}
_PEAK_FROM_NOW = "5"
"""What /proc/self/clear_refs takes to count the most memory anew (man 5 proc)."""


def taken_in(name: str) -> dict[str, float]:
    """Take one input in, here: the seconds, and the MB that it took at most."""
    _, make = CASES[name]
    take = make()
    Path("/proc/self/clear_refs").write_text(_PEAK_FROM_NOW)
    before, began = _memory_mb("VmRSS"), time.process_time()
    take()
    seconds = time.process_time() - began
    return {"seconds": round(seconds, 2), "peak_mb": round(max(0.0, _memory_mb("VmHWM") - before))}


def _memory_mb(line: str) -> float:
    (found,) = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith(line)]
    return int(found.split()[1]) / 1000


def _elsewhere(name: str) -> dict[str, float]:
    done = subprocess.run(  # noqa: S603 - this very module
        [sys.executable, "-m", "bench.worst_inputs", "--one", name], capture_output=True, text=True, check=False
    )
    if done.returncode:
        msg = f"{name}: {done.stderr}"
        raise SystemExit(msg)
    return json.loads(done.stdout)


def _table(found: dict[str, dict[str, float]]) -> str:
    rows = [
        f"| {CASES[name][0]} | {name} | {one['seconds']:.2f} s | {one['peak_mb']:.0f} MB |"
        for name, one in found.items()
    ]
    return "\n".join(["| way in | worst input found | time | memory |", "|---|---|---|---|", *rows])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.worst_inputs", description=__doc__)
    parser.add_argument("--one", choices=CASES, metavar="NAME", help="take only this in, in this very process")
    parser.add_argument("--table", action="store_true", help="print Markdown")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(taken_in(given.one)))
    else:
        measured = {name: _elsewhere(name) for name in CASES}
        print(_table(measured) if given.table else json.dumps(measured, indent=1))
