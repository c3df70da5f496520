from __future__ import annotations

import threading
import weakref

import pytest

from lab.core import BadInput, JobFailed, MissingWeights, Stopped
from lab.core.catalogue import ModelCard
from lab.core.errors import SketchlabError
from lab.core.events import Cancelled, Event, Failed, Finished, Preview, Progress, Queued, Result, Started
from lab.core.reporter import Reporter
from lab.jobs import Job, JobState, ThrottledReporter
from tests.fakes import ScriptedEngine, picture_of
from tests.jobs.listening import SOON_S, DrawingWorker, Heard, never, request


def test_a_job_runs_and_tells_its_life_in_order(worker: DrawingWorker, heard: Heard) -> None:
    job = worker.submit(request())
    result = job.wait(SOON_S)
    assert result.picture == picture_of(request(), 16)
    heard.until(lambda event: isinstance(event, Finished))
    kinds = heard.kinds(job.number)
    assert kinds[:2] == [Queued, Started]
    assert kinds[-1] is Finished
    assert {Progress, Preview} < set(kinds)


def test_all_work_is_done_on_one_thread(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    for job in [worker.submit(request(seed=seed)) for seed in range(5)]:
        job.wait(SOON_S)
    worker.submit_live(request(seed=9)).wait(SOON_S)
    assert engine.threads == {"lab-worker"}


def test_the_queue_keeps_its_order(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    jobs = [worker.submit(request(str(number))) for number in range(4)]
    jobs[-1].wait(SOON_S)
    assert [prompt for prompt, _ in engine.runs] == ["0", "1", "2", "3"]


def test_cancel_stops_before_the_next_step(worker: DrawingWorker, engine: ScriptedEngine, heard: Heard) -> None:
    engine.gate.clear()
    job = worker.submit(request("slow"))
    assert engine.at_gate.wait(SOON_S)
    job.cancel()
    engine.gate.set()
    heard.until(lambda event: isinstance(event, Cancelled))
    assert engine.runs == [("slow", 0)]
    assert job.state is JobState.CANCELLED
    with pytest.raises(Stopped):
        job.wait(SOON_S)


def test_the_lab_goes_on_after_a_cancel(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    engine.gate.clear()
    running, waiting = worker.submit(request("a")), worker.submit(request("b"))
    assert engine.at_gate.wait(SOON_S)
    worker.cancel()
    engine.gate.set()
    assert worker.submit(request("c")).wait(SOON_S).request.recipe.prompt == "c"
    assert (running.state, waiting.state) == (JobState.CANCELLED, JobState.CANCELLED)
    assert "b" not in [prompt for prompt, _ in engine.runs]


def test_a_defect_becomes_one_sentence_and_the_worker_goes_on(
    worker: DrawingWorker, engine: ScriptedEngine, heard: Heard
) -> None:
    engine.fails_with = ZeroDivisionError("oh")
    with pytest.raises(JobFailed, match=r"something broke \(ZeroDivisionError: oh\); the whole trace is in the log"):
        worker.submit(request()).wait(SOON_S)
    failed = heard.until(lambda event: isinstance(event, Failed))
    assert "ZeroDivisionError" in failed.sentence  # pyright: ignore[reportAttributeAccessIssue]
    engine.fails_with = None
    assert worker.submit(request()).wait(SOON_S)


def test_a_users_mistake_arrives_as_it_was_raised(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    engine.fails_with = BadInput("steps must be fewer")
    with pytest.raises(BadInput, match=r"^steps must be fewer$"):
        worker.submit(request()).wait(SOON_S)


def test_a_result_is_kept_before_it_is_told(engine: ScriptedEngine, heard: Heard) -> None:
    order: list[str] = []

    def keep(result: Result, is_live: bool) -> Result:
        order.append(f"kept {'live' if is_live else 'queued'}")
        return result

    def publish(event: Event) -> None:
        if isinstance(event, Finished):
            order.append("told")
        heard(event)

    worker = DrawingWorker(engine, publish, keep)
    worker.submit(request("a")).wait(SOON_S)
    worker.submit_live(request("b")).wait(SOON_S)
    worker.close()
    assert order == ["kept queued", "told", "kept live", "told"]


def test_a_model_is_loaded_when_nothing_else_is_to_do(
    worker: DrawingWorker, engine: ScriptedEngine, heard: Heard
) -> None:
    worker.load("starter")
    heard.until(lambda event: event == Progress(0, "ready"))
    assert engine.loaded == ["starter"]


def test_a_waiting_job_that_is_cancelled_is_told(worker: DrawingWorker, engine: ScriptedEngine, heard: Heard) -> None:
    engine.gate.clear()
    worker.submit(request("running"))
    assert engine.at_gate.wait(SOON_S)
    waiting = worker.submit(request("waiting"))
    waiting.cancel()
    assert heard.events.count(Cancelled(waiting.number)) == 1, "at once, while the other still runs"
    engine.gate.set()
    after = worker.submit(request("after"))
    after.wait(SOON_S)
    heard.until(lambda event: isinstance(event, Finished) and event.job == after.number)
    assert heard.events.count(Cancelled(waiting.number)) == 1, "and once"


def test_a_model_that_cannot_be_loaded_ahead_is_one_sentence(
    worker: DrawingWorker, engine: ScriptedEngine, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(card: ModelCard, _: object) -> None:
        msg = f"{card.name} is not here"
        raise MissingWeights(msg)

    monkeypatch.setattr(engine, "load", missing)
    worker.load("starter")
    failed = heard.until(lambda event: isinstance(event, Failed))
    assert (failed.job, failed.sentence) == (0, "starter is not here")  # pyright: ignore[reportAttributeAccessIssue]
    assert worker.submit(request()).wait(SOON_S)


def test_a_waiter_that_fails_does_not_harm_the_worker(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    engine.gate.clear()
    job = worker.submit(request())
    job.when_done(lambda: 1 // 0)
    engine.gate.set()
    job.wait(SOON_S)
    assert worker.submit(request(seed=1)).wait(SOON_S)


def test_a_closed_worker_takes_nothing_more(worker: DrawingWorker) -> None:
    worker.submit(request()).wait(SOON_S)
    worker.close()
    with pytest.raises(SketchlabError, match="closed"):
        worker.submit(request())


def test_what_is_asked_for_while_the_worker_closes_is_refused(engine: ScriptedEngine) -> None:
    heard: list[Event] = []
    refused: list[str] = []

    def publish(event: Event) -> None:
        heard.append(event)
        if isinstance(event, Cancelled) and not refused:  # a waiting job's, in the midst of closing
            with pytest.raises(SketchlabError) as error:
                worker.submit(request("too late"))
            refused.append(str(error.value))
            engine.gate.set()

    worker = DrawingWorker(engine, publish)
    engine.gate.clear()
    worker.submit(request("running"))
    assert engine.at_gate.wait(SOON_S)
    worker.submit(request("waiting"))
    worker.close()
    assert refused == ["this lab is closed: open it again with open_lab()"]
    assert [prompt for prompt, _ in engine.runs] == ["running"]


def test_what_was_told_to_be_queued_when_the_worker_closed_is_told_to_be_cancelled(engine: ScriptedEngine) -> None:
    heard = Heard()

    def publish(event: Event) -> None:
        heard(event)
        if isinstance(event, Queued):
            worker.close()

    worker = DrawingWorker(engine, publish)
    with pytest.raises(SketchlabError, match="closed"):
        worker.submit(request())
    assert heard.kinds(1) == [Queued, Cancelled]


def test_who_asked_and_cannot_be_told_harms_nobody(worker: DrawingWorker, heard: Heard) -> None:
    worker.submit(request(), lambda _: 1 // 0).wait(SOON_S)
    heard.until(lambda event: isinstance(event, Finished))


def test_steps_and_previews_are_merged_to_ten_a_second() -> None:
    heard = Heard()
    now = 0.0
    reporter = ThrottledReporter(Job(1, request(), never), heard, clock=lambda: now)
    made = []
    for step in range(100):
        now = step / 100
        reporter.progress("steps", step, 100)
        reporter.preview(lambda: made.append(1) or picture_of(request(), 4))  # type: ignore[func-returns-value]
    reporter.progress("picture")
    progress = [event for event in heard.events if isinstance(event, Progress)]
    assert len(made) == 10
    assert len(progress) == 11
    assert progress[-1].stage == "picture"


def test_many_threads_may_submit_at_once(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    jobs: list[Job] = []
    threads = [
        threading.Thread(target=lambda n=n: jobs.append(worker.submit(request(str(n)))), daemon=True) for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON_S)
    assert {job.wait(SOON_S).request.recipe.prompt for job in jobs} == {str(n) for n in range(16)}
    assert len(engine.runs) == 16


def test_a_cancelled_job_keeps_nothing_of_the_moment_at_which_it_stopped(worker: DrawingWorker) -> None:
    seen: list[weakref.ref[Heard]] = []
    began, go_on = threading.Event(), threading.Event()

    def draw(reporter: Reporter) -> Result:
        here = Heard()
        seen.append(weakref.ref(here))
        began.set()
        assert go_on.wait(SOON_S)
        reporter.check()
        return never(reporter)

    job = worker.worker.submit(request("stopped"), draw)
    assert began.wait(SOON_S)
    job.cancel()
    go_on.set()
    worker.submit(request("next")).wait(SOON_S)
    assert job.state is JobState.CANCELLED
    assert seen[0]() is None


@pytest.mark.parametrize("error", [ZeroDivisionError("oh"), BadInput("steps must be fewer")])
def test_a_failed_job_keeps_nothing_of_the_moment_at_which_it_failed(
    worker: DrawingWorker, engine: ScriptedEngine, error: Exception
) -> None:
    try:
        int("behind it")
    except ValueError as behind:
        error.__context__ = behind
    engine.fails_with = error
    job = worker.submit(request("fails"))
    with pytest.raises(SketchlabError):
        job.wait(SOON_S)
    left: BaseException | None = error
    while left is not None:
        assert left.__traceback__ is None
        left = left.__cause__ or left.__context__


def test_a_running_job_is_ended_by_the_worker_alone() -> None:
    job = Job(1, request("at work"), never)
    assert job.begin()
    job.cancel()
    assert job.state is JobState.RUNNING
    assert job.is_cancelling
