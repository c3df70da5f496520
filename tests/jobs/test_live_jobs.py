"""Live jobs: the newest wins, the same again is the same job, and they go before the queue."""

from __future__ import annotations

from lab.core.events import Finished
from lab.jobs import JobState
from tests.fakes import ScriptedEngine
from tests.jobs.listening import SOON_S, DrawingWorker, Heard, request


def test_in_the_live_slot_the_newest_wins(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    engine.gate.clear()
    worker.submit_live(request("first"))
    assert engine.at_gate.wait(SOON_S)
    stale = [worker.submit_live(request(str(number))) for number in range(20)]
    last = worker.submit_live(request("last"))
    engine.gate.set()
    assert last.wait(SOON_S).request.recipe.prompt == "last"
    assert {job.state for job in stale} == {JobState.CANCELLED}
    assert [prompt for prompt, _ in engine.runs] == ["first", "last"]


def test_the_same_live_request_is_the_same_job(worker: DrawingWorker) -> None:
    first = worker.submit_live(request("same"))
    first.wait(SOON_S)
    assert worker.submit_live(request("same")) is first
    assert worker.submit_live(request("other")) is not first


def test_a_cancelled_live_request_may_be_asked_for_again(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    engine.gate.clear()
    first = worker.submit_live(request("same"))
    assert engine.at_gate.wait(SOON_S)
    worker.cancel()
    engine.gate.set()
    assert worker.submit_live(request("same")).wait(SOON_S)
    assert first.state is JobState.CANCELLED


def test_a_live_job_goes_before_the_queue(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    engine.gate.clear()
    worker.submit(request("running"))
    assert engine.at_gate.wait(SOON_S)
    queued = worker.submit(request("queued"))
    worker.submit_live(request("live"))
    engine.gate.set()
    queued.wait(SOON_S)
    assert [prompt for prompt, _ in engine.runs] == ["running", "live", "queued"]


def test_a_live_job_that_waits_can_be_cancelled_alone(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    engine.gate.clear()
    running = worker.submit(request("running"))
    assert engine.at_gate.wait(SOON_S)
    live = worker.submit_live(request("live"))
    live.cancel()
    engine.gate.set()
    assert running.wait(SOON_S)
    assert live.state is JobState.CANCELLED


def test_who_asks_for_the_same_live_picture_hears_its_end_once(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    first, second, late = Heard(), Heard(), Heard()
    engine.gate.clear()
    job = worker.submit_live(request("same"), first)
    assert engine.at_gate.wait(SOON_S)
    for _ in range(2):
        assert worker.submit_live(request("same"), second) is job
    engine.gate.set()
    ends = [each.until(lambda event: isinstance(event, Finished)) for each in (first, second)]
    worker.submit_live(request("same"), late)
    assert late.events == [ends[0]] == [ends[1]], "it is there already"
    assert second.kinds(job.number).count(Finished) == 1
