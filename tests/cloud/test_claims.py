"""The promise: what workers on one volume are asked for at once is drawn once, and nothing waits for the dead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab import Lab
from lab.cloud import ServerlessHandler, request_to_payload
from lab.cloud.claim import Claims, Pace
from lab.cloud.served import Served
from lab.cloud.volume import FOLDER, FolderFiles, Volume
from lab.core.catalogue import chosen_model
from lab.core.recipe import Request
from tests.cloud.workers import scripted_worker, until

_STARTER = Served((chosen_model("starter"),))
_QUICK = Pace(look_s=0.01, beat_s=0.01, gone_s=60)


def _worker(lab: Lab, folder: Path, pace: Pace = _QUICK) -> tuple[ServerlessHandler, list[Request]]:
    """The handler of a worker on a volume, and what it draws."""
    drawn = []

    def submit(request: Request, on_event: Any = None) -> Any:
        drawn.append(request)
        return lab.submit(request, on_event)

    return ServerlessHandler(submit, _STARTER, volume=Volume(FolderFiles(folder)), claims=Claims(folder, pace)), drawn


def _event(lab: Lab) -> dict[str, Any]:
    return {"id": "1", "input": request_to_payload(lab.request("text_to_image", prompt="a cat"))}


def test_two_workers_that_are_asked_at_once_draw_once(lab: Lab, tmp_path: Path) -> None:
    workers = [_worker(lab, tmp_path) for _ in range(2)]

    async def both() -> list[dict[str, Any]]:
        return await asyncio.gather(*(handler(_event(lab)) for handler, _ in workers))

    answers = asyncio.run(both())
    assert sum(len(drawn) for _, drawn in workers) == 1
    assert sorted(one.get("was_there", False) for one in answers) == [False, True]
    assert [*(tmp_path / FOLDER / "claims").iterdir()] == []


def test_a_worker_without_signs_of_life_is_not_waited_for(lab: Lab, tmp_path: Path) -> None:
    claims = Claims(tmp_path, Pace(0.01, 3600, 3600))

    async def die_and_ask() -> dict[str, Any]:
        held = claims.held(_name(lab))
        await held.__aenter__()  # and never lets go, nor writes again
        handler, drawn = _worker(lab, tmp_path, Pace(0.01, 0.01, 0.05))
        answer = await handler(_event(lab))
        assert len(drawn) == 1
        return answer

    assert "png" in asyncio.run(die_and_ask())


def test_who_draws_gives_signs_of_life_and_who_is_cancelled_lets_go(tmp_path: Path) -> None:
    claims, file = Claims(tmp_path, _QUICK), tmp_path / FOLDER / "claims" / "x"

    async def hold(began: asyncio.Event) -> None:
        async with claims.held("x"):
            began.set()
            await asyncio.Event().wait()

    async def watch() -> None:
        began, others = asyncio.Event(), asyncio.Event()
        holder, waiter = asyncio.create_task(hold(began)), None
        await began.wait()
        first = file.read_text()
        while file.read_text() == first:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.001)
        waiter = asyncio.create_task(hold(others))
        await asyncio.sleep(0)
        assert not others.is_set()
        holder.cancel()
        await others.wait()
        waiter.cancel()
        await asyncio.gather(holder, waiter, return_exceptions=True)
        assert not file.exists()

    asyncio.run(asyncio.wait_for(watch(), 60))


def test_a_volume_that_takes_no_claim_keeps_nothing_from_being_drawn(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "claims").write_text("a file")
    handler, drawn = _worker(lab, tmp_path)
    assert "png" in asyncio.run(handler(_event(lab)))
    assert len(drawn) == 1


def test_two_real_workers_that_are_asked_at_once_draw_once(
    own_queue: Any, rented: Callable[..., Lab], tmp_path: Path
) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    options = ("--volume", str(volume), "--at_once", "1")  # so that each takes one of the two
    labs = [rented(home=name, at=own_queue) for name in ("one", "other")]
    with scripted_worker(own_queue, "w1", *options) as one, scripted_worker(own_queue, "w2", *options) as other:
        until(lambda: {"w1", "w2"} <= set(own_queue.seen))
        jobs = [lab.run("text_to_image", prompt="steps=20 step_s=0.1", seed=77) for lab in labs]
        pictures = [job.wait(60).picture for job in jobs]
        assert {job.worker for job in own_queue.jobs.values()} == {"w1", "w2"}
        said = [process.stdout.read() for process in (one, other) if process.stdout is not None]
    assert pictures[0] == pictures[1]
    assert "".join(said).count("drew 77") == 1, said


def _name(lab: Lab) -> str:
    from lab.cloud.volume import answer_name

    return answer_name(lab.request("text_to_image", prompt="a cat").recipe)
