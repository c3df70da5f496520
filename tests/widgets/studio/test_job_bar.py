from __future__ import annotations

from dataclasses import replace

import pytest

from lab import Recipe, Request
from lab.core.events import Cancelled, Event, Failed, Finished, Progress, Queued, Result, Started
from lab.tasks import plan
from tests.fakes import picture_of
from tests.widgets.controls import control
from tests.widgets.studio.following import finished
from widgets import JobBar


def bar_after(*events: Event) -> JobBar:
    bar = JobBar(lambda: None)
    for event in events:
        bar.hear(event)
    return bar


def queued(job: int) -> Queued:
    return Queued(job, Request(Recipe()))


def failed(job: int) -> Failed:
    return Failed(job, "the disk is on fire", OSError())


def test_the_bar_passes_over_jobs_that_a_newer_one_replaced() -> None:
    bar = bar_after(queued(1), Started(1), queued(2), Cancelled(1))
    assert bar.text == "Waiting for its turn"
    bar.hear(Started(2))
    assert not control(bar, "Cancel").disabled


def test_a_failure_is_said_though_a_newer_job_goes_on_and_stays_until_a_later_picture() -> None:
    bar = bar_after(queued(1), Started(1), queued(2), failed(1), Started(2), finished(2))
    assert "the disk is on fire" in bar.error
    for event in (queued(3), Started(3), finished(3)):
        bar.hear(event)
    assert bar.error == ""


def test_the_bar_shows_the_running_job_and_cancel_works_while_any_waits() -> None:
    bar = bar_after(queued(1), queued(2), queued(3), Started(1), Progress(1, "steps", 2, 4))
    assert bar.text == "Drawing, step 2 of 4"
    bar.hear(queued(4))
    assert bar.text == "Drawing, step 2 of 4"
    bar.hear(finished(1))
    assert bar.text == "Waiting for its turn"
    assert not control(bar, "Cancel").disabled


def test_a_stroke_during_the_loading_of_a_model_says_that_it_loads() -> None:
    bar = bar_after(Progress(0, "loading"), queued(1))
    assert bar.text == "Loading the model"
    bar.hear(Progress(0, "ready"))
    bar.hear(Started(1))
    assert bar.text == "Beginning"


def test_what_came_of_another_s_job_is_not_told_but_that_it_runs_is() -> None:
    bar = bar_after(queued(1), Started(1), Progress(1, "steps", 2, 4))
    assert bar.text == "Drawing, step 2 of 4"
    bar.hear(finished(1), is_own=False)
    assert bar.text == "Ready"
    bar.hear(failed(1), is_own=False)
    assert (bar.text, bar.error) == ("Ready", "")


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.004, "Done at once"), (0.31, "Done in 0.3 s"), (61.0, "Done in 61.0 s")]
)
def test_the_bar_says_how_long_a_picture_took(seconds: float, said: str) -> None:
    assert bar_after(queued(1), Started(1), finished(1, seconds)).text == said


def test_a_bar_that_joins_a_running_job_can_cancel_it() -> None:
    bar = bar_after(Progress(7, "steps", 2, 4))
    assert not control(bar, "Cancel").disabled
    bar.hear(finished(7))
    assert control(bar, "Cancel").disabled


def test_how_a_picture_was_drawn_is_no_error_and_that_it_is_not_saved_is() -> None:
    request = Request(Recipe())
    ran = replace(plan(request).plan, note="ran the autoencoder in tiles")
    drawn = Result(picture_of(request, 4), request, ran, 1.0)
    assert bar_after(queued(1), Finished(1, drawn)).error == ""
    lost = replace(drawn, not_kept="not saved: the disk is full")
    assert "not saved" in bar_after(queued(1), Finished(1, lost)).error


def test_a_model_that_cannot_be_loaded_ahead_says_why() -> None:
    bar = bar_after(Progress(0, "loading"), Failed(0, "the weights are not here", OSError()))
    assert "the weights are not here" in bar.error
    assert control(bar, "Cancel").disabled


def test_a_cancelled_job_that_a_newer_one_replaced_is_not_what_the_bar_goes_back_to() -> None:
    bar = bar_after(queued(1), Started(1), finished(1), queued(2), Started(2), queued(3), Cancelled(2), Started(3))
    bar.hear(Cancelled(3), is_own=False)
    assert bar.text == "Done in 1.0 s"


def test_a_job_that_was_cancelled_alone_says_so() -> None:
    assert bar_after(queued(1), Started(1), finished(1), queued(2), Started(2), Cancelled(2)).text == "Cancelled"


def test_a_screen_reader_hears_what_came_of_a_job_and_of_a_long_one_every_ten_seconds_how_far_it_is() -> None:
    now = [0.0]
    bar = JobBar(lambda: None, clock=lambda: now[0])
    said = []
    for second, event in enumerate(
        [queued(1), Started(1), *(Progress(1, "steps", step, 30) for step in range(1, 31)), finished(1)]
    ):
        now[0] = float(second)
        bar.hear(event)
        if bar.spoken and said[-1:] != [bar.spoken]:
            said.append(bar.spoken)
    assert said[:2] == ["Drawing, step 10 of 30", "Drawing, step 20 of 30"]
    assert said[2:] in ([bar.text], ["Drawing, step 30 of 30", bar.text])
    assert bar.text.startswith("Done")


def test_a_screen_reader_hears_nothing_of_a_job_that_another_one_follows() -> None:
    bar = JobBar(lambda: None, clock=lambda: 0.0)
    for event in (queued(1), Started(1), Progress(1, "steps", 1, 4), queued(2), finished(1)):
        bar.hear(event)
    assert bar.spoken == ""
    for event in (Started(2), finished(2)):
        bar.hear(event)
    assert bar.spoken.startswith("Done")


def test_the_own_job_says_for_how_many_others_it_waits_and_others_are_not_told_as_the_own() -> None:
    bar = bar_after()
    for job in (1, 2, 3):
        bar.hear(queued(job), is_own=False)
    bar.hear(Started(1), is_own=False)
    bar.hear(Progress(1, "steps", 2, 4), is_own=False)
    assert bar.text == "Ready · 3 others at work"
    bar.hear(queued(4))
    assert bar.text == "Waiting for 3 others"
    bar.hear(finished(1), is_own=False)
    bar.hear(finished(2), is_own=False)
    assert bar.text == "Waiting for 1 other"
    bar.hear(finished(3), is_own=False)
    bar.hear(Started(4))
    bar.hear(Progress(4, "steps", 1, 4))
    assert bar.text == "Drawing, step 1 of 4"
    bar.hear(finished(4))
    assert bar.text == "Done in 1.0 s"
    bar.forget_outcome()
    assert bar.text == "Ready"
