"""Whether anything grows while a notebook is used for long: `python -m bench.soak --minutes 20` prints one JSON object.

A real kernel with two Studios on the starter model: jobs of six tasks, cancelled ones, pictures dropped and drawn on,
the kernel's stop button in the midst of a picture. Memory, threads and files that are open are those of the kernel's
process, looked at from outside whenever nothing is at work; what counts is the last quarter of the time beside the
second one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

_ROOT = Path(__file__).parents[1]
_ANSWERS_WITHIN_S = 120
_TURNS = ("draw", "draw", "draw", "drop", "drop", "cancel", "interrupted")
_EVERY_TURNS = 10
"""So often everything comes to rest and is measured."""


class Look(NamedTuple):
    """The kernel's process at one quiet moment."""

    after_s: float
    resident_bytes: int
    threads: int
    files: int
    journal_bytes: int
    kinds: Counter[str]


class Kernel:
    """A kernel that runs cells, and is stopped in the midst of some.

    Args:
        home: of its lab.
    """

    def __init__(self, home: Path) -> None:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(_ROOT), "SKETCHLAB_HOME": str(home)}
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(env=environment, cwd=str(_ROOT))
        self._client: BlockingKernelClient = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(_ANSWERS_WITHIN_S)
        self._home = home
        (self._process,) = [
            one for one in psutil.Process().children() if "ipykernel_launcher" in " ".join(one.cmdline())
        ]

    def run(self, cell: str, stop_after_s: float | None = None) -> str:
        """Run a cell to its end; the name of its error, empty when there is none.

        Args:
            cell: its source.
            stop_after_s: when the stop button is pressed; never when None.
        """
        asked = self._client.execute(cell, store_history=False, allow_stdin=False, stop_on_error=False)
        if stop_after_s is not None:
            time.sleep(stop_after_s)
            self._manager.interrupt_kernel()
        while True:
            reply: Any = self._client.get_shell_msg(timeout=_ANSWERS_WITHIN_S)
            if reply["parent_header"].get("msg_id") == asked:
                break
        while self._client.iopub_channel.msg_ready():
            self._client.get_iopub_msg()
        content = reply["content"]
        return "" if content["status"] == "ok" else f"{content.get('ename')}: {content.get('evalue')}"

    def look(self, after_s: float) -> Look:
        """How its process stands now."""
        kinds = self._open_by_kind()
        journals = sum(one.stat().st_size for one in (self._home / "sessions").rglob("*") if one.is_file())
        resident, threads = self._process.memory_info().rss, self._process.num_threads()
        return Look(after_s, resident, threads, kinds.total(), journals, kinds)

    def _open_by_kind(self) -> Counter[str]:
        """How many descriptors are open: files, sockets, pipes, eventfds, ..."""
        found = Counter[str]()
        for one in Path(f"/proc/{self._process.pid}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                place = str(one.readlink())
                found["file" if place.startswith("/") else re.sub(r"^anon_inode:|[^a-z]*\d*\]?$", "", place)] += 1
        return found

    def close(self) -> None:
        """End it."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@contextmanager
def _kernel() -> Iterator[Kernel]:
    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(Path(folder))
        try:
            error = kernel.run(
                f"from bench._soaked import Soaked; from pathlib import Path; it = Soaked(Path({folder!r})); it.fill()"
            )
            if error:
                raise RuntimeError(error)
            yield kernel
        finally:
            kernel.close()


def soak(minutes: float, seed: int = 0) -> dict[str, Any]:
    """What the kernel's process took, early and late."""
    dice, done, wrong = random.Random(seed), Counter[str](), Counter[str]()  # noqa: S311 - no secret
    looks: list[Look] = []
    with _kernel() as kernel:
        began = time.monotonic()
        while (now := time.monotonic() - began) < 60 * minutes:
            turn = dice.choice(_TURNS)
            done[turn] += 1
            is_stopped = turn == "interrupted"
            error = kernel.run(_cell(turn), stop_after_s=dice.uniform(0.3, 1.0) if is_stopped else None)
            if error and not (is_stopped and error.startswith(("CancelledError", "KeyboardInterrupt"))):
                wrong[f"{turn}: {error:.300}"] += 1
            if done.total() % _EVERY_TURNS == 0:
                error = kernel.run(_cell("settle"))
                wrong.update([f"settle: {error:.300}"] if error else [])
                looks.append(kernel.look(now))
    return {"minutes": minutes, "cells": dict(done), "errors": dict(wrong), **_drift(looks, 60 * minutes)}


def _cell(turn: str) -> str:
    return f"it.{turn}()" if turn == "drop" else f"await it.{turn}()"


def _drift(looks: list[Look], seconds: float) -> dict[str, Any]:
    """The medians of the second and the last quarter, and what lies between."""
    early = [look for look in looks if seconds / 4 <= look.after_s < seconds / 2]
    late = [look for look in looks if look.after_s >= 0.75 * seconds]
    if not early or not late:
        return {"looks": len(looks)}
    before, after = (median(look.resident_bytes for look in some) for some in (early, late))
    return {
        "looks": len(looks),
        "resident_mb": {"second_quarter": round(before / 1e6, 1), "last_quarter": round(after / 1e6, 1)},
        "resident_drift_percent": round(100 * (after / before - 1), 2),
        "threads": _both("threads", early, late),
        "files_open": _both("files", early, late),
        "files_open_by_kind": {"second_quarter": dict(early[-1].kinds), "last": dict(late[-1].kinds)},
        "files_open_by_time": [look.files for look in looks],
        "journal_mb_at_most": round(max(look.journal_bytes for look in looks) / 1e6, 1),
        "resident_mb_by_time": [round(look.resident_bytes / 1e6) for look in looks],
    }


def _both(what: str, early: list[Look], late: list[Look]) -> dict[str, list[int]]:
    """The least and the most of each."""
    found = {"second_quarter": early, "last_quarter": late}
    return {
        when: [min(getattr(look, what) for look in some), max(getattr(look, what) for look in some)]
        for when, some in found.items()
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20, help="how long (default: %(default)s)")
    print(json.dumps(soak(parser.parse_args().minutes), indent=1))
