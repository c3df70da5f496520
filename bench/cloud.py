"""What rented GPUs give: 500 recipes on real workers, and on as many as one likes that only wait; one JSON object.

`python -m bench.cloud`, or with `--recipes 60 --workers 1,2` for a quick look. The queue is the tests' stand-in on
loopback, so Runpod's own share (network, cold starts, throttling) is not in the figures but for what is *stated*:

- 1, 2 and 4 workers are processes on the SDK's own loop that draw for 0.1 s;
- 8 to 100 are coroutines that take a job, wait 3.0 s (SDXL at 30 steps on an RTX 4090, stated) and answer; the first
  job of each comes after 40 s more (a cold start, stated), and a second of each costs $0.00031 (stated). Their clock
  runs ten times as fast; wall times are given in seconds of that clock.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp  # comes with Runpod's SDK

from lab.cloud.address import EndpointAddress
from lab.cloud.waiting import Pace
from lab.core.errors import Stopped
from lab.core.picture import Picture
from lab.session import Lab
from lab.session.remote_engine import remote_engine
from tests.cloud.queue import StandIn
from tests.cloud.workers import scripted_worker, until

_USD_PER_S = 0.00031
_COLD_S, _DRAWING_S, _FASTER = 40.0, 3.0, 10.0
_WINDOW_S = 10.0
_CANCELLED_STEP_S = 1.0
_KEY = "rp-key"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--recipes", type=int, default=500)
    parser.add_argument("--cancels", type=int, default=10)
    parser.add_argument("--workers", default="1,2,4,8,16,32,64,100")
    options = parser.parse_args()
    os.environ["SKETCHLAB_RUNPOD_KEY"] = _KEY
    cancels = _cancels(options.cancels)
    runs = [_run(int(count), options.recipes) for count in options.workers.split(",")]
    found = {"recipes": options.recipes, "stated": _stated(), "cancels": cancels, "runs": runs}
    print(json.dumps({"bench": "cloud", **found}))


def _cancels(times: int) -> dict[str, float]:
    """How long a cancel takes on a real worker whose steps last a second: for who cancels, and for the worker.

    The worker's is from the cancel to the next picture, which takes it 0.01 s: an upper bound.
    """
    heard_s, free_s = [], []
    with StandIn(key=_KEY) as queue, tempfile.TemporaryDirectory() as home, scripted_worker(queue, "w0"):
        os.environ["RUNPOD_ENDPOINT_BASE_URL"] = queue.url
        engine = remote_engine(EndpointAddress.of("runpod://e?workers=1"), Path(home), "default", Pace())
        with Lab(home=home, engine=engine) as lab:
            for number in range(times):
                asked = len(queue.jobs)
                job = lab.run("text_to_image", prompt=f"steps=1000 step_s={_CANCELLED_STEP_S}", seed=number)
                until(lambda asked=asked: any(one.updates for one in [*queue.jobs.values()][asked:]), 120)
                began = time.monotonic()
                job.cancel()
                with suppress(Stopped):
                    job.wait(60)
                heard_s.append(time.monotonic() - began)
                done = lab.run("text_to_image", prompt="steps=1 step_s=0.01", seed=number)
                done.wait(60)
                free_s.append(time.monotonic() - began)
    return {
        "times": times,
        "step_s": _CANCELLED_STEP_S,
        "heard_s_median": round(median(heard_s), 2),
        "heard_s_most": round(max(heard_s), 2),
        "next_picture_s_median": round(median(free_s), 2),
        "next_picture_s_most": round(max(free_s), 2),
    }


def _stated() -> dict[str, float]:
    return {"usd_per_s": _USD_PER_S, "cold_start_s": _COLD_S, "drawing_s": _DRAWING_S}


def _run(workers: int, recipes: int) -> dict[str, Any]:
    """One endpoint with so many workers, asked for so many pictures."""
    are_real = workers <= 4
    faster = 1.0 if are_real else _FASTER
    with StandIn(key=_KEY) as queue, tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        os.environ["RUNPOD_ENDPOINT_BASE_URL"] = queue.url
        if are_real:
            for number in range(workers):
                stack.enter_context(scripted_worker(queue, f"w{number}"))
            until(lambda: len(queue.seen) == workers, 120)
        else:
            stack.enter_context(_waiting_workers(queue, workers, faster))
        address = EndpointAddress.of(f"runpod://e?workers={workers}&price={_USD_PER_S}")
        pace = Pace(first_s=0.5 / faster, longest_s=5.0 / faster, health_s=5.0 / faster)
        engine = remote_engine(address, Path(home), "default", pace)
        with Lab(home=home, engine=engine) as lab:
            began, cpu = time.monotonic(), _own_cpu_s()
            prompt = "steps=1 step_s=0.1" if are_real else "a red apple"
            for job in lab.batch("text_to_image", recipes, prompt=prompt):
                job.wait(3600)
            wall_s, cpu_s = (time.monotonic() - began) * faster, _own_cpu_s() - cpu
            bill = lab.bill
        times = [at for route, at in queue.requests if route in ("run", "status", "health")]
    busy_s = bill.seconds + (0.0 if are_real else workers * _COLD_S)
    return {
        "workers": workers,
        "are": "processes on the SDK's loop" if are_real else "coroutines that wait",
        "wall_s": round(wall_s, 1),
        "pictures": bill.pictures,
        "drawing_s": round(bill.seconds, 1),
        "least_usd": round(busy_s * _USD_PER_S, 4),
        "client_cpu_ms_a_picture": round(1000 * cpu_s / recipes, 1),
        "requests": len(times),
        "most_requests_in_10_s": _most_in(times, _WINDOW_S / faster),
    }


def _own_cpu_s() -> float:
    """Seconds of the processor of this process; the stand-in queue is a part of it, and so it is an upper bound."""
    return time.process_time()


def _most_in(times: list[float], window_s: float) -> int:
    ordered = sorted(times)
    first = most = 0
    for last, at in enumerate(ordered):
        while ordered[first] <= at - window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


@contextmanager
def _waiting_workers(queue: StandIn, workers: int, faster: float) -> Iterator[None]:
    """So many workers that draw nothing: each takes a job, waits, and answers."""
    ending = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_work(queue, workers, faster, ending)), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(30)


async def _work(queue: StandIn, workers: int, faster: float, ending: threading.Event) -> None:
    png = base64.b64encode(Picture.of(b"P6 16 16 255\n" + bytes(16 * 16 * 3)).to_png()).decode()
    answer = {"png": png, "summary": "", "note": "", "seconds": _DRAWING_S, "device": "", "dtype": "", "revision": None}

    async def one(session: aiohttp.ClientSession, name: str) -> None:
        is_cold = True
        while not ending.is_set():
            async with session.get(f"{queue.url}/e/job-take/{name}") as taken:
                if taken.status != 200:
                    continue
                job = await taken.json()
            await asyncio.sleep((_DRAWING_S + (_COLD_S if is_cold else 0.0)) / faster)
            is_cold = False
            async with session.post(f"{queue.url}/e/job-done/{name}/{job['id']}", json={"output": answer}):
                pass

    queue.lost_s = 3600.0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        tasks = [asyncio.create_task(one(session, f"c{number}")) for number in range(workers)]
        await asyncio.to_thread(ending.wait)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    main()
