"""A lab that draws on an endpoint: the real client and the SDK's real worker loop, with the stand-in between them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab import BadInput, Lab
from lab.__main__ import main
from lab.core.errors import EndpointFailed, JobFailed, SketchlabError, Stopped
from lab.core.events import Event, Preview, Progress
from lab.gallery import recipe_of
from tests.cloud.conftest import KEY, engine_of
from tests.cloud.workers import until
from tests.fakes import picture_of


def test_pictures_come_back_kept_and_in_the_order_in_which_they_were_asked_for(
    queue: Any, worker: Any, rented: Callable[..., Lab]
) -> None:
    lab = rented("?workers=1&price=0.5")
    jobs = lab.batch("text_to_image", 6, prompt="a red apple")
    results = [job.wait(60) for job in jobs]
    assert [one.request.recipe.seed for one in results] == [*range(6)]
    assert all(one.picture == picture_of(one.request, 16) for one in results)
    assert all(one.path is not None and recipe_of(one.path) == one.request.recipe for one in results)
    assert len(lab.gallery.latest(100)) == 6
    bill = lab.bill
    assert (bill.pictures, bill.again) == (6, 0)
    assert bill.usd == pytest.approx(bill.seconds * 0.5)


def test_steps_and_previews_of_a_rented_picture_are_heard_and_overtake_no_answer(
    queue: Any, worker: Any, rented: Callable[..., Lab]
) -> None:
    heard: list[Event] = []
    lab = rented()
    lab.submit(lab.request("text_to_image", prompt="steps=5 step_s=0.4"), heard.append).wait(60)
    steps = [(one.step, one.steps) for one in heard if isinstance(one, Progress) and one.steps]
    assert steps, [*heard]
    assert all(total == 5 for _, total in steps)
    assert any(isinstance(one, Preview) for one in heard)
    (job,) = queue.jobs.values()
    assert 1 <= len(job.updates) <= 3
    assert all(len(json.dumps(update)) < 9_000 for update in job.updates)
    assert job.output.get("png"), "progress replaced the answer"


def test_a_cancelled_picture_is_stopped_there_and_its_worker_draws_the_next(
    queue: Any, worker: Any, rented: Callable[..., Lab]
) -> None:
    lab = rented()
    job = lab.run("text_to_image", prompt="steps=1000 step_s=0.05")
    until(
        lambda: any(one.updates for one in queue.jobs.values())
    )  # sooner, the SDK may look for it before it has begun
    job.cancel()
    with pytest.raises(Stopped):
        job.wait(10)
    assert queue.by_status()["CANCELLED"] == 1
    lab.run("text_to_image").wait(20)


def test_what_is_wrong_with_a_request_is_said_by_the_worker_as_the_lab_would_and_is_not_asked_twice(
    queue: Any, worker: Any, rented: Callable[..., Lab]
) -> None:
    lab = rented()
    with pytest.raises(BadInput, match="this endpoint serves starter, not sd15"):
        lab.run("text_to_image", model="sd15").wait(60)
    with pytest.raises(JobFailed, match=r"cannot read x\.safetensors") as failed:
        lab.run("text_to_image", prompt="a defect").wait(60)
    assert "/srv" not in str(failed.value)
    assert len(queue.jobs) == 2


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("401", "refuses the key"), ("cut after", "may be on its way"), ("html 500", "may be on its way")],
)
def test_a_request_that_went_wrong_is_one_sentence_and_asked_once(
    queue: Any, rented: Callable[..., Lab], fault: str, sentence: str
) -> None:
    lab = rented()
    queue.faults.append(("run", fault))
    with pytest.raises(EndpointFailed, match=sentence) as failed:
        lab.run("text_to_image").wait(20)
    assert "\n" not in str(failed.value)
    assert [route for route, _ in queue.requests].count("run") == 1


def test_whoever_is_asked_to_wait_waits(queue: Any, worker: Any, rented: Callable[..., Lab]) -> None:
    lab = rented()
    queue.faults.extend([("run", "429"), ("run", "429"), ("status", "html 500"), ("status", "cut after")])
    lab.run("text_to_image").wait(60)
    assert len(queue.jobs) == 1


def test_an_answer_too_large_to_travel_is_said_by_the_worker(
    queue: Any, worker: Any, rented: Callable[..., Lab]
) -> None:
    with pytest.raises(BadInput, match="MB on the way back"):
        rented().run("text_to_image", prompt="noise_px=1700").wait(60)


def test_the_command_line_has_its_pictures_drawn_there_too(
    queue: Any, worker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKETCHLAB_RUNPOD_KEY", KEY)
    monkeypatch.setenv("RUNPOD_ENDPOINT_BASE_URL", queue.url)
    words = ["--prompt", "a cat", "--prompt", "a dog"]
    asked = ["text", *words, "--model", "runpod://e", "--home", str(tmp_path / "home"), "-o", str(tmp_path / "out")]
    assert main(asked) == 0
    assert sorted(recipe_of(path).prompt for path in (tmp_path / "out").iterdir()) == ["a cat", "a dog"]
    assert len(queue.jobs) == 2


def test_where_a_cost_is_reached_no_more_is_asked_for(queue: Any, worker: Any, rented: Callable[..., Lab]) -> None:
    lab = rented("?workers=1&price=1")
    jobs = lab.batch("text_to_image", 20, max_cost=0.35, prompt="steps=1 step_s=0.1")
    ended = asyncio.run(_all(jobs))
    drawn = [one for one in ended if not isinstance(one, BaseException)]
    refused = [str(one) for one in ended if isinstance(one, SketchlabError)]
    assert 3 <= len(drawn) <= 4 + engine_of(lab).jobs_at_once
    assert len(queue.jobs) == len(drawn)
    assert all("of $0.35 are spent, and" in one for one in refused)
    with pytest.raises(BadInput, match="what a second costs"):
        rented(home="other").batch("text_to_image", 2, max_cost=1)


def test_the_command_line_stops_asking_there_too_and_writes_what_came(
    queue: Any, worker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SKETCHLAB_RUNPOD_KEY", KEY)
    monkeypatch.setenv("RUNPOD_ENDPOINT_BASE_URL", queue.url)
    words = [word for number in range(12) for word in ("--prompt", f"steps=1 step_s=0.1 no. {number}")]
    there = ["--model", "runpod://e?workers=1&price=1", "--home", str(tmp_path / "home")]
    assert main(["text", *words, *there, "--max-cost", "0.35", "-o", str(tmp_path / "out")]) == 1
    assert "of $0.35 are spent, and" in capsys.readouterr().err
    assert 3 <= len(queue.jobs) < 12
    assert len([*(tmp_path / "out").iterdir()]) == len(queue.jobs)
    assert main(["text", *words[:2], *there, "--max-cost", "1", "-o", str(tmp_path / "one.png")]) == 2
    assert "--max-cost is for several pictures" in capsys.readouterr().err


async def _all(jobs: list[Any]) -> list[Any]:
    async def one(job: Any) -> Any:
        return await job

    return await asyncio.gather(*map(one, jobs), return_exceptions=True)
