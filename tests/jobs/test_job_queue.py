"""What runs and waits is seen, told how long it takes, and changed one by one."""

from __future__ import annotations

import pytest

from lab.core import Recipe, Request
from lab.core.events import Finished, Progress
from lab.jobs import Job, JobQueue, JobState
from lab.jobs.time_left import TimeLeft
from tests.fakes import ScriptedEngine
from tests.jobs.listening import SOON_S, DrawingWorker, never, request


@pytest.fixture
def queue(worker: DrawingWorker) -> JobQueue:
    return JobQueue(worker.worker)


def held(worker: DrawingWorker, engine: ScriptedEngine, *prompts: str) -> list[Job]:
    """Jobs of which the first runs, as far as its gate."""
    engine.gate.clear()
    engine.at_gate.clear()
    jobs = [worker.submit(request(prompt)) for prompt in prompts]
    assert engine.at_gate.wait(SOON_S)
    return jobs


def prompts_of(queue: JobQueue) -> list[tuple[str, str]]:
    return [(one.state, one.request.recipe.prompt) for one in queue.jobs]


def test_what_runs_stands_before_what_waits(worker: DrawingWorker, engine: ScriptedEngine, queue: JobQueue) -> None:
    jobs = held(worker, engine, "a", "b", "c")
    assert prompts_of(queue) == [("running", "a"), ("waiting", "b"), ("waiting", "c")]
    assert [one.number for one in queue.jobs] == [job.number for job in jobs]
    live = worker.submit_live(request("live"))
    assert prompts_of(queue)[1] == ("waiting", "live"), "a live picture waits behind no batch"
    engine.gate.set()
    jobs[-1].wait(SOON_S)
    live.wait(SOON_S)
    assert [prompt for prompt, _ in engine.runs] == ["a", "live", "b", "c"]


def test_one_is_cancelled_and_the_others_are_not(
    worker: DrawingWorker, engine: ScriptedEngine, queue: JobQueue
) -> None:
    jobs = held(worker, engine, "a", "b", "c")
    assert queue.cancel(jobs[1].number)
    assert prompts_of(queue) == [("running", "a"), ("waiting", "c")]
    assert not queue.cancel(jobs[1].number)
    assert queue.cancel(jobs[0].number)
    engine.gate.set()
    jobs[2].wait(SOON_S)
    assert [job.state for job in jobs] == [JobState.CANCELLED, JobState.CANCELLED, JobState.FINISHED]


def test_whoever_hears_of_an_end_finds_it_ended(worker: DrawingWorker, engine: ScriptedEngine, queue: JobQueue) -> None:
    left: list[list[str]] = []
    (job,) = held(worker, engine, "a")
    job.listen(lambda event: left.append([*map(str, queue.jobs)]) if isinstance(event, Finished) else None)
    engine.gate.set()
    job.wait(SOON_S)
    assert left == [[]]


def test_one_goes_to_the_front(worker: DrawingWorker, engine: ScriptedEngine, queue: JobQueue) -> None:
    jobs = held(worker, engine, "a", "b", "c", "d")
    assert queue.to_front(jobs[3].number)
    assert not queue.to_front(jobs[0].number), "it runs already"
    assert prompts_of(queue)[1:] == [("waiting", "d"), ("waiting", "b"), ("waiting", "c")]
    engine.gate.set()
    jobs[2].wait(SOON_S)
    assert [prompt for prompt, _ in engine.runs] == ["a", "d", "b", "c"]


def test_a_pause_holds_what_waits_and_no_live_picture(
    worker: DrawingWorker, engine: ScriptedEngine, queue: JobQueue
) -> None:
    first, second = held(worker, engine, "a", "b")
    queue.pause()
    engine.gate.set()
    first.wait(SOON_S)
    assert worker.submit_live(request("live")).wait(SOON_S).request.recipe.prompt == "live"
    assert (queue.is_paused, second.state) == (True, JobState.QUEUED)
    assert prompts_of(queue) == [("waiting", "b")]
    queue.resume()
    second.wait(SOON_S)
    assert (queue.is_paused, queue.jobs) == (False, ())


def test_a_lab_closes_while_it_pauses(worker: DrawingWorker, engine: ScriptedEngine, queue: JobQueue) -> None:
    _, second = held(worker, engine, "a", "b")
    queue.pause()
    engine.gate.set()
    worker.close()
    assert second.state is JobState.CANCELLED


def test_how_far_a_job_is_stands_beside_it(worker: DrawingWorker, engine: ScriptedEngine, queue: JobQueue) -> None:
    seen = []
    job = worker.submit(request(), lambda event: seen.extend(queue.jobs) if isinstance(event, Progress) else None)
    job.wait(SOON_S)
    assert (seen[0].stage, seen[0].step, seen[0].steps) == ("steps", 1, 3)


def drawn(known: TimeLeft, number: int, began: float, recipe: Recipe | None = None) -> Job:
    """A job of 4 steps, of which the first takes 3 s and the others 2, and 1 s after them."""
    job = Job(number, Request(recipe or Recipe()), never)
    known.began(job, began)
    for step in range(1, 5):
        known.heard(Progress(number, "steps", step, 4), began + 1 + 2 * step)
    known.ended(job, began + 10, is_whole=True)
    return job


def test_time_left_is_from_the_steps_that_were_done() -> None:
    known, job = TimeLeft(), Job(1, Request(Recipe()), never)
    known.began(job, 100.0)
    assert known.left_s(job, 100.0) is None
    known.heard(Progress(1, "steps", 1, 4), 103.0)
    assert known.left_s(job, 103.0) is None, "one step, with all that is read in it, tells nothing of the others"
    known.heard(Progress(1, "steps", 3, 4), 107.0)  # of some nothing is heard
    assert known.left_s(job, 107.0) == pytest.approx(2.0)
    assert known.left_s(job, 108.5) == pytest.approx(0.5)


def test_time_left_is_from_what_pictures_like_it_took() -> None:
    known = TimeLeft()
    drawn(known, 1, 0.0)
    waits = Job(2, Request(Recipe(prompt="another")), never)
    assert known.left_s(waits, 50.0) == pytest.approx(10.0)
    assert known.left_s(Job(3, Request(Recipe(steps=30)), never), 50.0) is None
    known.began(waits, 50.0)
    assert known.left_s(waits, 52.0) == pytest.approx(8.0)
    known.heard(Progress(2, "steps", 1, 4), 53.0)
    known.heard(Progress(2, "steps", 2, 4), 54.0)
    assert known.left_s(waits, 54.0) == pytest.approx(2 * 1.0 + 1.0), "two steps, and what comes after the last"
    known.ended(waits, 55.0, is_whole=False)
    assert known.left_s(Job(4, Request(Recipe()), never), 60.0) == pytest.approx(10.0), "a stopped one teaches nothing"


def test_it_is_said_when_one_that_waits_begins(worker: DrawingWorker, engine: ScriptedEngine, queue: JobQueue) -> None:
    worker.submit(request("like it")).wait(SOON_S)
    held(worker, engine, "a", "b", "c")
    first, second, third = queue.jobs
    assert first.starts_in_s == 0.0
    assert second.starts_in_s is not None
    assert second.left_s is not None
    assert third.starts_in_s == pytest.approx(second.starts_in_s + second.left_s)
    queue.pause()
    assert [one.starts_in_s for one in queue.jobs[1:]] == [None, None]
