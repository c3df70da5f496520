"""The promise: a lab in which nothing happens holds no memory that nobody uses."""

from __future__ import annotations

import threading

import numpy as np
import psutil
import pytest

from lab.jobs import Worker
from lab.pipelines.memory.host_memory import _of_glibc, give_back_memory
from tests.jobs.listening import SOON_S, never, request


def test_a_worker_without_work_rests_once_and_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.jobs.worker._REST_AFTER_S", 0.01)
    rests, rested = [], threading.Event()

    def rest() -> None:
        rests.append(threading.current_thread().name)
        rested.set()

    worker = Worker(lambda _: None, rest=rest)
    try:
        for count in (1, 2):
            worker.submit_errand(request(), lambda _: "done").wait(SOON_S)
            assert rested.wait(SOON_S)
            rested.clear()
            assert rests == ["lab-worker"] * count
        worker.cancel()
        worker.submit_errand(request(), lambda _: "done").wait(SOON_S)
    finally:
        worker.close()


def test_a_closed_worker_does_not_rest() -> None:
    before = set(threading.enumerate())
    worker = Worker(lambda _: None, rest=lambda: never(None))  # pyright: ignore[reportArgumentType]
    worker.submit_errand(request(), lambda _: "done").wait(SOON_S)
    worker.close()
    assert set(threading.enumerate()) <= before


@pytest.mark.skipif(
    _of_glibc("malloc_trim") is None, reason="this C library gives memory back by itself, or not at all"
)
def test_memory_between_what_is_kept_is_given_back() -> None:
    blocks = [np.ones(100_000, np.uint8) for _ in range(1000)]
    del blocks[:900]
    before = psutil.Process().memory_info().rss
    give_back_memory()
    assert before - psutil.Process().memory_info().rss > 50_000_000
