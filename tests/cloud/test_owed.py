"""What a kernel asked for and did not live to see: each picture is paid once, and kept once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab import Lab
from lab.cloud.ledger import ASKED, KEPT, SUBMITTED, WANTED, Ledger
from lab.cloud.volume import answer_name
from lab.core.errors import EndpointFailed
from tests.cloud.conftest import KEY
from tests.cloud.workers import ROOT, scripted_worker, until

_KERNEL = """
import os, sys, threading
from lab.cloud.address import EndpointAddress
from lab.cloud.waiting import Pace
from lab.session import Lab
from lab.session.remote_engine import remote_engine
from lab.core.events import Finished
from pathlib import Path
home = Path(sys.argv[1])
lab = Lab(home=home, engine=remote_engine(EndpointAddress.of("runpod://e?workers=2"), home, "default", Pace(0.02, 0.1)))
kept = []
def hear(event):
    if isinstance(event, Finished):
        kept.append(event)
        if len(kept) == 3:
            os._exit(9)
lab.subscribe(hear)
for job in lab.batch("text_to_image", 10, prompt="steps=2 step_s=0.1"):
    job.wait()
"""


def test_a_batch_goes_on_where_a_killed_kernel_left_it(
    queue: Any, worker: Any, rented: Callable[..., Lab], tmp_path: Path
) -> None:
    told = {**os.environ, "SKETCHLAB_RUNPOD_KEY": KEY, "RUNPOD_ENDPOINT_BASE_URL": queue.url, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", _KERNEL, str(tmp_path / "home")], env=told, check=False)
    assert killed.returncode == 9
    lab = rented("?workers=2")
    before = len(lab.gallery.latest(100))
    assert 3 <= before < 10
    results = [job.wait(60) for job in lab.batch("text_to_image", 10, prompt="steps=2 step_s=0.1")]
    assert [one.request.recipe.seed for one in results] == [*range(10)]
    assert len(queue.jobs) == 10, "a picture was paid twice"
    kept = lab.gallery.latest(100)
    assert sorted(one.recipe.seed for one in kept) == [*range(10)]
    assert {one.path for one in results} == {one.path for one in kept}
    again = lab.batch("text_to_image", 10, prompt="steps=2 step_s=0.1")  # all were there: this is a new one
    again[0].wait(60)
    assert len(queue.jobs) > 10
    lab.cancel()


def test_a_request_whose_answer_was_lost_is_sent_again_where_a_volume_makes_that_free(
    own_queue: Any, rented: Callable[..., Lab], tmp_path: Path
) -> None:
    (tmp_path / "volume").mkdir()
    lab = rented(f"?volume={tmp_path / 'volume'}", at=own_queue)
    own_queue.faults.extend([("run", "cut after"), ("run", "html 500")])
    with scripted_worker(own_queue, "w9", "--volume", str(tmp_path / "volume")):
        job = lab.run("text_to_image", prompt="a cat")
        job.wait(60)
        until(lambda: own_queue.by_status() == {"COMPLETED": 2})
        assert [one.output.get("was_there") for one in own_queue.jobs.values()].count(True) == 1, "it was drawn twice"
        asked = len(own_queue.jobs)
        assert lab.run("text_to_image", prompt="a cat").wait(20).picture == job.result().picture
        assert len(own_queue.jobs) == asked, "what is on the volume needs no worker"
        large = lab.run("text_to_image", prompt="noise_px=1900").wait(60)
        assert large.picture.size == (1900, 1900)
        photo = large.picture  # 10.8 MB: too large to travel with the request
        assert lab.run("image_to_image", image=photo).wait(60).path is not None


def test_what_two_kernels_ask_at_once_is_drawn_once_where_both_have_the_volume(
    own_queue: Any, rented: Callable[..., Lab], tmp_path: Path
) -> None:
    (tmp_path / "volume").mkdir()
    labs = [rented(f"?volume={tmp_path / 'volume'}", home=name, at=own_queue) for name in ("one", "other")]
    jobs = [lab.run("text_to_image", prompt="steps=5 step_s=0.1", seed=77) for lab in labs]
    until(lambda: len(own_queue.jobs) == 2)  # both are asked for before a worker is there
    with scripted_worker(own_queue, "w8", "--volume", str(tmp_path / "volume")) as process:
        pictures = [job.wait(60).picture for job in jobs]
        assert process.stdout is not None
        drawn = process.stdout.read().count("drew 77")
    assert pictures[0] == pictures[1]
    assert drawn == 1
    assert [len(lab.gallery.latest(10)) for lab in labs] == [1, 1]


def test_a_request_that_may_be_on_its_way_is_asked_for_again_by_the_person_and_counted(
    queue: Any, worker: Any, rented: Callable[..., Lab]
) -> None:
    lab = rented()
    queue.faults.append(("run", "cut after"))
    with pytest.raises(EndpointFailed, match="run it again"):
        lab.run("text_to_image").wait(20)
    lab.run("text_to_image").wait(60)
    assert lab.bill.again == 1


def test_an_id_is_on_disk_before_it_is_waited_for(queue: Any, rented: Callable[..., Lab], tmp_path: Path) -> None:
    lab = rented()
    job = lab.run("text_to_image")
    until(lambda: any(route == "status" for route, _ in queue.requests))
    other = Ledger(tmp_path / "home/sessions/default/runpod-e.sqlite")
    entry = other.claim(answer_name(job.request.recipe))
    assert (entry.state, entry.job) == (SUBMITTED, next(iter(queue.jobs)))
    other.close()
    job.cancel()


def test_a_picture_that_was_kept_in_a_kernels_last_moment_is_found_in_the_gallery(
    queue: Any, worker: Any, rented: Callable[..., Lab], tmp_path: Path
) -> None:
    lab = rented()
    kept = lab.run("text_to_image").wait(60)
    ledger = Ledger(tmp_path / "home/sessions/default/runpod-e.sqlite", clock=lambda: kept.path.stat().st_mtime - 60)
    ledger.note(ledger.claim(answer_name(kept.request.recipe)), SUBMITTED, job="gone")
    ledger.close()
    assert lab.run("text_to_image").wait(60).path == kept.path
    assert len(lab.gallery.latest(10)) == 1


def test_the_ledger_forgets_what_was_wanted_together_once_all_of_it_is_there(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.expect(["a", "b", "b"])
    first, second, third = ledger.claim("a"), ledger.claim("b"), ledger.claim("b")
    assert len({first.id, second.id, third.id}) == 3
    ledger.note(first, KEPT, file="a.png")
    ledger.note(second, ASKED)
    ledger.let_go(second)
    ledger.expect(["a", "b", "b"])  # the person runs the cell again
    again = ledger.claim("a")
    assert (again.id, again.state, again.file) == (first.id, KEPT, "a.png")
    assert ledger.claim("b").state == ASKED
    ledger.note(second, KEPT, file="b.png")
    ledger.drop(third)
    ledger.note(again, KEPT, file="a.png")
    assert ledger.claim("a").state == WANTED
    ledger.close()


def test_where_nothing_can_be_noted_nothing_is_asked_for(
    queue: Any, rented: Callable[..., Lab], tmp_path: Path
) -> None:
    lab = rented()
    folder = tmp_path / "home/sessions/default/runpod-e.sqlite"
    folder.mkdir(parents=True)
    with pytest.raises(EndpointFailed, match="cannot be noted in"):
        lab.run("text_to_image")
    assert not queue.jobs
