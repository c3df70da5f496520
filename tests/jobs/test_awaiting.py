"""A job is awaited in a cell, waited for in a script, and stopped by the interrupt of its cell."""

from __future__ import annotations

import asyncio
import os
import warnings
import weakref

import pytest

from lab.core import JobFailed, SketchlabError, Stopped, WouldBlock
from lab.core.events import Result
from lab.jobs import Job
from tests.fakes import ScriptedEngine, picture_of
from tests.jobs.listening import SOON_S, DrawingWorker, Heard, request


def test_awaiting_leaves_the_loop_free(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    async def cell() -> tuple[Result, int]:
        turns = 0
        engine.gate.clear()
        job = worker.submit(request())

        async def turn() -> None:
            nonlocal turns
            while not job.is_done:
                turns += 1
                if turns == 50:
                    engine.gate.set()
                await asyncio.sleep(0)

        result, _ = await asyncio.gather(job, turn())
        return result, turns

    result, turns = asyncio.run(cell())
    assert result.picture == picture_of(request(), 16)
    assert turns >= 50


def test_a_finished_job_can_be_awaited_again(worker: DrawingWorker) -> None:
    job = worker.submit(request())
    job.wait(SOON_S)

    async def cell() -> bool:
        return await job is await job

    assert asyncio.run(cell())


def test_interrupting_the_cell_cancels_its_job(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    async def cell() -> Job:
        engine.gate.clear()
        job = worker.submit(request())
        waiting = asyncio.ensure_future(_awaiting(job))
        await asyncio.to_thread(engine.at_gate.wait, SOON_S)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        engine.gate.set()
        return job

    async def _awaiting(job: Job) -> None:
        await job

    job = asyncio.run(cell())
    with pytest.raises(Stopped):
        job.wait(SOON_S)


def test_a_blocking_wait_inside_a_loop_is_refused_with_a_sentence(worker: DrawingWorker) -> None:
    async def cell() -> None:
        worker.submit(request()).wait()

    with pytest.raises(WouldBlock, match="write `await job` instead"):
        asyncio.run(cell())


def test_a_wait_may_have_a_limit(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    engine.gate.clear()
    job = worker.submit(request())
    with pytest.raises(TimeoutError, match=r"not done after 0\.01 s; it goes on"):
        job.wait(0.01)
    engine.gate.set()
    assert job.wait(SOON_S)


def test_interrupting_one_of_two_cells_leaves_the_other_its_job(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    async def cells() -> Result:
        engine.gate.clear()
        job = worker.submit(request())

        async def cell() -> Result:
            return await job

        first, second = asyncio.ensure_future(cell()), asyncio.ensure_future(cell())
        await asyncio.to_thread(engine.at_gate.wait, SOON_S)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert not job.is_cancelling
        engine.gate.set()
        return await second

    assert asyncio.run(cells()).request == request()


def test_an_error_that_is_raised_again_holds_no_frames(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    engine.fails_with = ValueError("boom")
    job = worker.submit(request())

    def looked() -> weakref.ref[Heard]:
        here = Heard()
        try:
            job.wait(SOON_S)
        except JobFailed as error:
            assert "boom" in str(error)
            assert error.__cause__ is engine.fails_with
        return weakref.ref(here)

    assert [looked()(), looked()()] == [None, None], "the job holds who looked at it"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_says_that_it_has_no_worker(worker: DrawingWorker, engine: ScriptedEngine) -> None:
    engine.gate.clear()
    job = worker.submit(request())
    engine.at_gate.wait(SOON_S)
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of what is tested here
        child = os.fork()
    if not child:  # no assert here: it would be the child's own pytest
        said = []
        for act in (job.wait, lambda: asyncio.run(_awaited(job)), lambda: worker.submit(request()), worker.cancel):
            try:
                act()
            except SketchlabError as error:
                said.append(str(error))
        worker.close()
        os.write(writing, "\n".join(said).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read().splitlines()
    os.waitpid(child, 0)
    assert len(said) == 3
    assert all("forked from the one whose worker draws" in one for one in said)
    engine.gate.set()
    assert job.wait(SOON_S)


async def _awaited(job: Job) -> Result:
    return await job
