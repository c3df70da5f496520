"""Workers that break, are killed, or are told to go with a job in hand; and a storm of all of it."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest

from lab import Lab
from tests.cloud.workers import end, scripted_worker, until
from tests.endure.full import times
from tests.fakes import picture_of

COUNT = times(300, 90)


def test_after_a_gpu_error_a_worker_draws_nothing_more_and_another_one_does(
    own_queue: Any, rented: Callable[..., Lab]
) -> None:
    lab = rented("?workers=2", at=own_queue)
    with scripted_worker(own_queue, "w1") as broken:
        first = lab.run("text_to_image", prompt="a cuda error steps=2 step_s=0.5")
        until(lambda: own_queue.by_status()["IN_PROGRESS"] == 1)
        second = lab.run("text_to_image", prompt="a cat")
        assert broken.wait(30) == 0
        assert broken.stdout is not None
        assert "drew" not in broken.stdout.read()
        assert any(job.stops_pod for job in own_queue.jobs.values())
        first.cancel()
        with scripted_worker(own_queue, "w2"):
            assert second.wait(60).picture == picture_of(second.request, 16)


def test_a_worker_that_is_killed_with_a_job_in_hand_loses_no_picture(
    own_queue: Any, rented: Callable[..., Lab]
) -> None:
    lab = rented(at=own_queue)
    with scripted_worker(own_queue, "w1") as lost, scripted_worker(own_queue, "w2"):
        until(lambda: own_queue.seen.keys() >= {"w1", "w2"})
        jobs = lab.batch("text_to_image", 4, prompt="steps=20 step_s=0.05")
        until(lambda: any(one.worker == "w1" and one.status == "IN_PROGRESS" for one in own_queue.jobs.values()))
        end(lost)
        results = [job.wait(60) for job in jobs]
    assert len(results) == len(lab.gallery.latest(10)) == 4


def test_hundreds_of_pictures_come_through_a_storm(own_queue: Any, rented: Callable[..., Lab], tmp_path: Any) -> None:
    """Every fault there is, by seeded dice: none is lost, none is kept twice, and what is paid twice is counted."""
    dice, lock = random.Random(7), threading.Lock()
    own_queue.lost_s = 2.0

    def fault_of(route: str) -> str:
        with lock:
            chance = dice.random()
            if route == "run":
                kinds = (("429", 0.05), ("html 500", 0.03), ("cut before", 0.03), ("cut after", 0.03))
            else:
                kinds = (("429", 0.03), ("html 500", 0.03), ("cut before", 0.02), ("cut after", 0.02))
            for kind, share in kinds:
                if chance < share:
                    return kind
                chance -= share
            return ""

    own_queue.fault_of = fault_of
    (tmp_path / "volume").mkdir()
    volume = str(tmp_path / "volume")
    lab = rented(f"?workers=12&price=0.001&volume={volume}", at=own_queue)
    quick = ("--volume", volume, "--at_once", "8")  # the SDK takes no more than so many jobs a second
    with (
        scripted_worker(own_queue, "w1", *quick) as told_to_go,
        scripted_worker(own_queue, "w2", *quick) as killed,
        scripted_worker(own_queue, "w3", *quick) as stays,
    ):
        jobs = lab.batch("text_to_image", COUNT, prompt="steps=2 step_s=0.005")
        until(lambda: own_queue.by_status()["COMPLETED"] >= COUNT // 5, 120)
        own_queue.deliver_twice.update(one.id for one in own_queue.jobs.values() if one.status == "IN_PROGRESS")
        told_to_go.terminate()
        until(lambda: own_queue.by_status()["COMPLETED"] >= 2 * COUNT // 5, 120)
        end(killed)
        done = [one.id for one in own_queue.jobs.values() if one.status == "IN_PROGRESS"]
        for job in done[:2]:
            own_queue.forget(job)
        with scripted_worker(own_queue, "w4", *quick) as late:
            results = [job.wait(180) for job in jobs]
            written = [_ended(process) for process in (told_to_go, killed, stays, late)]
    assert [one.request.recipe.seed for one in results] == [*range(COUNT)]
    assert all(one.picture == picture_of(one.request, 16) for one in results)
    kept = lab.gallery.latest(1000)
    assert sorted(one.recipe.seed for one in kept) == [*range(COUNT)]
    drawn = sum(len(re.findall(r"drew \d+", log)) for log in written)
    bill = lab.bill
    assert bill.pictures == COUNT
    assert (
        drawn - COUNT
        <= bill.again + sum(one.deliveries - 1 for one in own_queue.jobs.values() if one.deliveries > 1) + 2
    )


def _ended(process: Any) -> str:
    if process.poll() is None:
        end(process)
    return process.stdout.read()


@pytest.fixture(autouse=True)
def _never_waits_for_ever(own_queue: Any) -> Any:
    yield
    own_queue.fault_of = lambda _: ""
