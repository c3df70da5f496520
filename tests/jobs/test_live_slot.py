from __future__ import annotations

from lab.core import Recipe, Request
from lab.jobs import Job
from lab.jobs.live_slot import LiveSlot
from tests.jobs.listening import never


def job(number: int = 1, steps: int = 12) -> Job:
    return Job(number, Request(Recipe(steps=steps)), never, is_live=True)


def slot_after(seconds: float) -> LiveSlot:
    """A slot that saw one picture take so long."""
    slot = LiveSlot()
    slot.ran(job(), seconds)
    return slot


def test_an_empty_slot_is_never_due() -> None:
    assert LiveSlot().due_in(5.0) is None


def test_a_fast_picture_starts_at_once() -> None:
    slot = slot_after(0.8)
    slot.put(job(), now=10.0)
    assert slot.due_in(10.0) == 0


def test_a_slow_picture_waits_until_the_hand_rests() -> None:
    slot = slot_after(4.0)
    slot.put(job(), now=10.0)
    assert slot.due_in(10.0) == 0.25
    slot.put(job(2), now=10.2)
    assert slot.due_in(10.25) == 10.2 + 0.25 - 10.25
    assert slot.due_in(10.5) == 0


def test_a_hand_that_never_rests_gets_its_picture_after_three_seconds() -> None:
    slot = slot_after(4.0)
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
    slot.ran(job(), 0.5)
    assert slot.may_stop_stale()


def test_the_mean_follows_the_runs() -> None:
    slot = slot_after(1.0)
    slot.put(job(), now=10.0)
    for _ in range(2):
        slot.ran(job(), 2.0)
    assert slot.due_in(10.0) == 0.25, "1.51 s by now"


def test_a_slow_full_picture_does_not_hold_the_quick_one_back() -> None:
    slot = slot_after(4.0)
    slot.ran(job(steps=4), 0.5)
    slot.put(job(steps=4), now=10.0)
    assert slot.due_in(10.0) == 0
