"""Real workers: `python -m lab serve` on the SDK's own loop in a process of its own, against the stand-in queue.

with worker(queue, "w1", "--model", "starter") as process: ...     the real engine
with scripted_worker(queue, "w1", "--volume", folder) as process: ...   the same on an engine that follows its prompts
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cloud.queue import StandIn

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def worker(queue: StandIn, name: str, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    with _process(queue, name, ["-m", "lab", "serve", *arguments], environment) as process:
        yield process


@contextmanager
def scripted_worker(queue: StandIn, name: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with _process(queue, name, ["-m", "tests.cloud.scripted_worker", *arguments], {}) as process:
        yield process


def end(process: subprocess.Popen[str]) -> None:
    """As when its container is gone: the worker and its heartbeat."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def until(condition: Callable[[], object], timeout_s: float = 60) -> None:
    end_at = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_at, "it did not come to that"
        time.sleep(0.02)


@contextmanager
def _process(
    queue: StandIn, name: str, command: Sequence[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    told = {
        **os.environ,
        **queue.worker_environment(name),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        **environment,
    }
    with tempfile.NamedTemporaryFile("r+") as log:  # a pipe that nobody reads fills up, and stops the worker
        process = subprocess.Popen(
            [sys.executable, *command], env=told, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        with Path(log.name).open() as process.stdout:
            try:
                yield process
            finally:
                if process.poll() is None:
                    end(process)
