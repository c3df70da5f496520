from __future__ import annotations

import threading

import pytest

from lab.core.errors import Stopped
from lab.core.recipe import Recipe, Request
from lab.core.reporter import Reporter
from lab.jobs import Worker


def test_as_many_jobs_as_may_be_are_at_work_at_once_and_the_rest_waits_in_order() -> None:
    """Where each is a picture that a rented GPU draws."""
    together, order, lock = threading.Barrier(3), [], threading.Lock()
    worker = Worker(lambda _: None, at_once=lambda: 3)

    def drawing(number: int):
        def draw(_: Reporter):
            with lock:
                order.append(number)
            if number < 3:
                together.wait(10)  # broken, unless three are here
            return number

        return draw

    jobs = [worker.submit(Request(Recipe(seed=number)), drawing(number)) for number in range(9)]
    assert [job.wait(10) for job in jobs] == [*range(9)]
    assert sorted(order[:3]) == [0, 1, 2]
    worker.close()


def test_closing_cancels_all_that_are_at_work() -> None:
    begun = threading.Semaphore(0)
    worker = Worker(lambda _: None, at_once=lambda: 2)

    def draw(reporter: Reporter):
        begun.release()
        while True:
            reporter.check()

    jobs = [worker.submit(Request(Recipe(seed=number)), draw) for number in range(3)]
    assert begun.acquire(timeout=10)
    assert begun.acquire(timeout=10)
    worker.close()
    for job in jobs:
        with pytest.raises(Stopped):
            job.wait(10)
