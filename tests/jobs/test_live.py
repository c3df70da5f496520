from __future__ import annotations

from lab.core import Recipe, Request
from lab.jobs import Job
from lab.jobs.live import LiveSlot


def job(number: int = 1) -> Job:
    return Job(number, Request(Recipe()), is_live=True)


def test_an_empty_slot_is_never_due() -> None:
    assert LiveSlot().due_in(5.0) is None


def test_a_fast_picture_starts_at_once() -> None:
    slot = LiveSlot(mean_s=0.8)
    slot.put(job(), now=10.0)
    assert slot.due_in(10.0) == 0


def test_a_slow_picture_waits_until_the_hand_rests() -> None:
    slot = LiveSlot(mean_s=4.0)
    slot.put(job(), now=10.0)
    assert slot.due_in(10.0) == 0.25
    slot.put(job(2), now=10.2)
    assert slot.due_in(10.25) == 10.2 + 0.25 - 10.25
    assert slot.due_in(10.5) == 0


def test_a_hand_that_never_rests_gets_its_picture_after_three_seconds() -> None:
    slot = LiveSlot(mean_s=4.0)
    for tenth in range(31):
        slot.put(job(tenth), now=10 + tenth / 10)
    assert slot.due_in(13.0) == 0


def test_the_newest_replaces_the_waiting() -> None:
    slot, first, second = LiveSlot(), job(1), job(2)
    assert slot.put(first, 0) is None
    assert slot.put(second, 0) is first
    assert slot.take() is second
    assert slot.take() is None


def test_a_stale_run_is_stopped_but_never_two_in_a_row() -> None:
    slot = LiveSlot()
    assert slot.may_stop_stale()
    assert not slot.may_stop_stale()
    slot.ran(0.5)
    assert slot.may_stop_stale()


def test_the_mean_follows_the_runs() -> None:
    slot = LiveSlot()
    slot.ran(1.0)
    assert slot.mean_s == 1.0
    slot.ran(2.0)
    assert 1.0 < slot.mean_s < 2.0
