"""What a lab says and does while an endpoint draws nothing; the queue has no worker here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab import BadInput, Lab
from lab.core.errors import EndpointFailed
from lab.core.events import Event, Failed, Progress
from tests.cloud.workers import until


@pytest.mark.parametrize(
    ("workers", "said"),
    [
        ({"initializing": 1}, "cold start"),
        ({"throttled": 2}, "throttled"),
        ({"running": 1}, "busy"),
        ({"unhealthy": 1}, "crash"),
        ({}, "no worker is up yet"),
    ],
)
def test_why_a_picture_waits_is_said(
    queue: Any, rented: Callable[..., Lab], workers: dict[str, int], said: str
) -> None:
    heard: list[Event] = []
    lab = rented()
    queue.workers = workers
    job = lab.submit(lab.request("text_to_image"), heard.append)
    until(lambda: any(isinstance(one, Progress) and said in one.stage for one in heard), 10)
    job.cancel()


@pytest.mark.parametrize(
    ("workers", "sentence"), [({}, "max workers may be 0"), ({"unhealthy": 2}, "crash when they start")]
)
def test_waiting_in_vain_ends_and_costs_nothing_later(
    queue: Any, rented: Callable[..., Lab], workers: dict[str, int], sentence: str
) -> None:
    lab = rented(no_workers_s=0.2, crashing_s=0.2)
    queue.workers = workers
    with pytest.raises(EndpointFailed, match=sentence):
        lab.run("text_to_image").wait(20)
    assert queue.by_status() == {"CANCELLED": 1}


@pytest.mark.parametrize(
    ("ended", "sentence"),
    [
        ({"status": "COMPLETED"}, "too large for its answers"),
        ({"status": "COMPLETED", "output": {"image": "x"}}, "something else than a picture"),
        ({"status": "CANCELLED"}, "cancelled on Runpod's side"),
        ({"status": "TIMED_OUT", "output": {"stage": "steps"}}, "after 10 minutes"),
        ({"status": "FAILED", "error": '{"error_type": "<class \'KeyError\'>"}'}, "met a defect"),
        ({"status": "FAILED", "error": "no", "output": {"kind": "bad_input"}}, "^no$"),
    ],
)
def test_every_bad_end_of_a_job_is_a_sentence(
    queue: Any, rented: Callable[..., Lab], ended: dict[str, Any], sentence: str
) -> None:
    job = rented().run("text_to_image")
    until(lambda: queue.jobs)
    (one,) = queue.jobs.values()
    for name, value in ended.items():
        setattr(one, name, value)
    with pytest.raises(Exception, match=sentence) as failed:
        job.wait(20)
    assert "\n" not in str(failed.value)
    assert len(queue.jobs) == 1


def test_a_worker_that_is_lost_again_and_again_is_given_up_after_three_times(
    queue: Any, rented: Callable[..., Lab]
) -> None:
    job = rented().run("text_to_image")
    for count in (1, 2, 3):
        until(lambda count=count: len(queue.jobs) == count)
        [*queue.jobs.values()][-1].status = "TIMED_OUT"
    with pytest.raises(EndpointFailed, match="asked 3 times in vain"):
        job.wait(20)


def test_what_may_not_fit_is_refused_before_it_costs(queue: Any, rented: Callable[..., Lab]) -> None:
    lab = rented()
    with pytest.raises(BadInput, match=r"at most 2\.2 megapixels"):
        lab.run("text_to_image", width=2048, height=1152)
    assert not queue.requests


def test_live_drawing_is_off_and_says_why(rented: Callable[..., Lab]) -> None:
    lab = rented()
    assert not lab.live().is_on
    with pytest.raises(BadInput, match="live drawing is off"):
        lab.submit_live(lab.request("text_to_image"))


def test_a_studio_on_an_endpoint_opens_with_live_off_and_asks_whether_it_is_there(
    queue: Any, rented: Callable[..., Lab]
) -> None:
    from widgets.studio import Studio

    heard: list[Event] = []
    lab = rented()
    lab.subscribe(heard.append)
    studio = Studio(lab, "text_to_image")
    assert not studio.live_button.value
    assert "live drawing is off" in studio.live_button.tooltip
    until(lambda: any(isinstance(one, Progress) and one.job == 0 for one in heard), 10)
    assert not queue.jobs
    studio.close()


def test_an_endpoint_that_is_not_there_is_said_when_the_studio_opens(
    queue: Any, rented: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKETCHLAB_RUNPOD_KEY", "another")
    heard: list[Event] = []
    lab = rented()
    lab.subscribe(heard.append)
    lab.load()
    until(lambda: any(isinstance(one, Failed) and "refuses the key" in one.sentence for one in heard), 10)
