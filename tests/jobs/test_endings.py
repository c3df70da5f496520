"""Nothing that a filter, an engine or a listener raises ends the worker's thread."""

from __future__ import annotations

import asyncio

import pytest

from lab.core import JobFailed
from lab.core.events import Event, Failed
from lab.jobs import JobState
from tests.fakes import ScriptedEngine
from tests.jobs.listening import SOON_S, DrawingWorker, Heard, request

ENDINGS = [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit()]
"""What ends a thread that lets it through."""


@pytest.mark.parametrize("ending", ENDINGS, ids=repr)
def test_no_ending_raised_by_an_engine_ends_the_worker(
    worker: DrawingWorker, engine: ScriptedEngine, ending: BaseException
) -> None:
    engine.fails_with = ending
    job = worker.submit(request())
    with pytest.raises(JobFailed, match=f"something broke .{type(ending).__name__}"):
        job.wait(SOON_S)
    engine.fails_with = None
    assert job.state is JobState.FAILED
    assert worker.submit(request()).wait(SOON_S)


@pytest.mark.parametrize("ending", ENDINGS, ids=repr)
def test_no_ending_raised_by_who_listens_keeps_waits_or_loads_ends_the_worker(
    engine: ScriptedEngine, heard: Heard, monkeypatch: pytest.MonkeyPatch, ending: BaseException
) -> None:
    def raising(*_: object) -> None:
        raise ending

    def publish(event: Event) -> None:
        heard(event)
        raise ending

    worker = DrawingWorker(engine, publish)
    job = worker.submit(request("heard"))
    job.when_done(raising)
    assert job.wait(SOON_S).request.recipe.prompt == "heard"
    monkeypatch.setattr(engine, "load", raising)
    worker.load("starter")
    heard.until(lambda event: isinstance(event, Failed) and event.job == 0)
    assert worker.submit(request("after")).wait(SOON_S)
    worker.close()

    careless = DrawingWorker(engine, heard, keep=raising)  # pyright: ignore[reportArgumentType]
    for prompt in ("kept", "kept again"):
        with pytest.raises(JobFailed):
            careless.submit(request(prompt)).wait(SOON_S)
    careless.close()
