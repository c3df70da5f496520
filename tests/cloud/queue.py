"""A stand-in for Runpod's queue on loopback: the client API as documented, the worker API as SDK 1.12 speaks it.

with StandIn() as queue:                       one endpoint, named "e"; `queue.url` for clients
    queue.worker_environment("w1")             what a worker's process needs to find it
    queue.jobs, queue.requests                 all jobs by id; (route, second) of every request of a client
    queue.faults.append(("run", "cut after"))  the next request to that route goes wrong: "429", "html 500",
                                               "cut before" or "cut after" it was heard, or "401"
    queue.fault_of = lambda route: ...         the same for every request, as a storm wants it
    queue.workers = {"throttled": 2}           what /health says of workers, instead of those that asked for jobs
    queue.deliver_twice                        ids of jobs that are handed out once more while they run
    queue.forget(id)                           the job is expired

A job whose worker was not heard of for `lost_s` is put back into the queue, and failed at the third time.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

LIMIT = 10_000_000
FINAL = {"COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"}
_POLL_S = 2.0
"""How long a worker's question is held; Runpod's own time is longer."""


@dataclass(eq=False)
class QueuedJob:
    id: str
    input: Any
    policy: dict[str, Any]
    made_at: float
    status: str = "IN_QUEUE"
    worker: str = ""
    started_at: float = 0.0
    ended_at: float = 0.0
    output: Any = None
    error: Any = None
    deliveries: int = 0
    stops_pod: bool = False
    answers: int = 0
    updates: list[Any] = field(default_factory=list)

    def view(self) -> dict[str, Any]:
        said: dict[str, Any] = {"id": self.id, "status": self.status}
        said |= {name: value for name, value in (("output", self.output), ("error", self.error)) if value is not None}
        if self.started_at:
            said |= {"delayTime": int((self.started_at - self.made_at) * 1000), "workerId": self.worker}
        if self.ended_at and self.started_at:
            said["executionTime"] = int((self.ended_at - self.started_at) * 1000)
        return said


class StandIn:
    """See the head of this file."""

    def __init__(self, *, lost_s: float = 3.0, key: str = "rp-key") -> None:
        self.lost_s, self.key = lost_s, key
        self.jobs: dict[str, QueuedJob] = {}
        self.requests: list[tuple[str, float]] = []
        self.faults: deque[tuple[str, str]] = deque()
        self.fault_of: Callable[[str], str] = lambda _: ""
        self.workers: dict[str, int] | None = None
        self.deliver_twice: set[str] = set()
        self.seen: dict[str, float] = {}
        self.pings: Counter[str] = Counter()
        self.url = ""
        self._waiting: deque[str] = deque()
        self._stops: dict[str, asyncio.Queue[str]] = defaultdict(asyncio.Queue)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="stand-in", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    def worker_environment(self, name: str) -> dict[str, str]:
        """The variables by which Runpod tells a worker where to ask."""
        at = f"{self.url}/e"
        return {
            "RUNPOD_POD_ID": name,
            "RUNPOD_AI_API_KEY": "worker-key",
            "RUNPOD_WEBHOOK_GET_JOB": f"{at}/job-take/$ID?gpu=none",
            "RUNPOD_WEBHOOK_POST_OUTPUT": f"{at}/job-done/$RUNPOD_POD_ID/$ID?gpu=none",
            "RUNPOD_WEBHOOK_POST_STREAM": f"{at}/job-stream/$RUNPOD_POD_ID/$ID?gpu=none",
            "RUNPOD_WEBHOOK_PING": f"{at}/ping/$RUNPOD_POD_ID",
            "RUNPOD_PING_INTERVAL": "1000",
            "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",
            "RUNPOD_SKIP_GPU_CHECK": "true",
        }

    def clear(self) -> None:
        """As at the start: what one test did, no other shall see."""
        self.jobs.clear()
        self._waiting.clear()
        self.requests.clear()
        self.faults.clear()
        self.fault_of, self.workers = lambda _: "", None

    def forget(self, job: str) -> None:
        """The job's result was kept long enough."""
        del self.jobs[job]

    def by_status(self) -> Counter[str]:
        """How many jobs are in which state."""
        return Counter(job.status for job in [*self.jobs.values()])

    async def _serve(self) -> None:
        self._loop, self._end, self._changed = asyncio.get_running_loop(), asyncio.Event(), asyncio.Condition()
        app = web.Application(client_max_size=200_000_000, middlewares=[self._faulty])
        client = "/{endpoint}"
        app.add_routes([
            web.post(client + "/run", self._run),
            web.get(client + "/status/{job}", self._status),
            web.post(client + "/cancel/{job}", self._cancel),
            web.get(client + "/health", self._health),
            web.get(client + "/job-take/{worker}", self._take),
            web.get(client + "/job-take-batch/{worker}", self._take),
            web.get(client + "/job-stop/{worker}", self._stop),
            web.post(client + "/job-done/{worker}/{job}", self._done),
            web.get(client + "/ping/{worker}", self._ping),
        ])  # fmt: skip
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        reaping = asyncio.create_task(self._reap())
        self._ready.set()
        await self._end.wait()
        reaping.cancel()
        await runner.cleanup()

    @web.middleware
    async def _faulty(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Serve a client's request, or let it go wrong; a worker's is served, its worker seen."""
        if "worker" in request.match_info:
            self.seen[request.match_info["worker"]] = time.monotonic()
            return await handler(request)
        route = request.path.split("/")[2]
        self.requests.append((route, time.monotonic()))
        fault = self.fault_of(route)
        if self.faults and self.faults[0][0] == route:
            fault = self.faults.popleft()[1]
        if fault == "429":
            return web.json_response({"error": "too many requests"}, status=429, headers={"Retry-After": "0"})
        if fault == "html 500":
            page = "<html><body>Internal Server Error</body></html>"
            return web.Response(status=500, text=page, content_type="text/html")
        if fault == "cut before":
            request.transport.abort()
            raise web.HTTPInternalServerError
        if fault == "401" or request.headers.get("Authorization") != f"Bearer {self.key}":
            return web.json_response({"error": "unauthorized"}, status=401)
        if request.match_info["endpoint"] != "e":
            return web.json_response({"error": "endpoint not found"}, status=404)
        answer = await handler(request)
        if fault == "cut after":
            request.transport.abort()
        return answer

    async def _run(self, request: web.Request) -> web.Response:
        raw = await request.read()
        if len(raw) > LIMIT:
            return web.json_response({"error": "payload too large"}, status=400)
        body = json.loads(raw)
        job = QueuedJob(f"{uuid.uuid4()}-u1", body["input"], body.get("policy") or {}, time.monotonic())
        self.jobs[job.id] = job
        await self._put(job.id)
        return web.json_response({"id": job.id, "status": "IN_QUEUE"})

    async def _put(self, job: str) -> None:
        self._waiting.append(job)
        async with self._changed:
            self._changed.notify_all()

    async def _status(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["job"])
        return web.json_response(job.view()) if job else web.json_response({"error": "job not found"}, status=404)

    async def _cancel(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["job"])
        if job is None:
            return web.json_response({"error": "job not found"}, status=404)
        if job.status not in FINAL:
            if job.status == "IN_PROGRESS":
                await self._stops[job.worker].put(job.id)
            job.status, job.ended_at = "CANCELLED", time.monotonic()
        return web.json_response({"id": job.id, "status": job.status})

    async def _health(self, _: web.Request) -> web.Response:
        count = self.by_status()
        jobs = {
            "completed": count["COMPLETED"],
            "failed": count["FAILED"],
            "inProgress": count["IN_PROGRESS"],
            "inQueue": count["IN_QUEUE"],
            "retried": 0,
        }
        busy = {job.worker for job in self.jobs.values() if job.status == "IN_PROGRESS"}
        alive = {name for name, at in self.seen.items() if time.monotonic() - at < self.lost_s}
        found = {"idle": len(alive - busy), "running": len(alive & busy)}
        none = dict.fromkeys(("idle", "initializing", "ready", "running", "throttled", "unhealthy"), 0)
        return web.json_response({"jobs": jobs, "workers": none | (found if self.workers is None else self.workers)})

    async def _take(self, request: web.Request) -> web.Response:
        worker, count = request.match_info["worker"], int(request.query.get("batch_size", 1))
        end = time.monotonic() + _POLL_S
        while not self._end.is_set():
            taken = [job for _ in range(count) if (job := self._next(worker))]
            if taken:
                given = [{"id": job.id, "input": job.input} for job in taken]
                return web.json_response(given if "batch_size" in request.query else given[0])
            try:
                async with self._changed:
                    await asyncio.wait_for(self._changed.wait(), max(0.01, min(1.0, end - time.monotonic())))
            except TimeoutError:
                self.seen[worker] = time.monotonic()
                if time.monotonic() >= end:
                    break
            if request.transport is None or request.transport.is_closing():
                break
        return web.Response(status=204)

    def _next(self, worker: str) -> QueuedJob | None:
        for job in self.jobs.values():
            if job.id in self.deliver_twice and job.status == "IN_PROGRESS" and job.worker != worker:
                self.deliver_twice.discard(job.id)
                job.deliveries += 1
                return job
        while self._waiting:
            job = self.jobs.get(self._waiting.popleft())
            if job is not None and job.status == "IN_QUEUE":
                job.status, job.worker, job.started_at = "IN_PROGRESS", worker, time.monotonic()
                job.deliveries += 1
                return job
        return None

    async def _stop(self, request: web.Request) -> web.Response:
        try:
            job = await asyncio.wait_for(self._stops[request.match_info["worker"]].get(), _POLL_S)
        except TimeoutError:
            return web.Response(status=204)
        return web.json_response({"jobsToStop": [job]})

    async def _done(self, request: web.Request) -> web.Response:
        raw, job = await request.read(), self.jobs.get(request.match_info["job"])
        if job is None or job.status == "CANCELLED":
            return web.Response(text="ok")
        if len(raw) > LIMIT:  # its worker hears of it, nobody else: the job counts as done
            job.status, job.output, job.ended_at = "COMPLETED", None, time.monotonic()
            return web.Response(status=400)
        body = json.loads(raw)
        if body.get("status") == "IN_PROGRESS":
            job.output = body.get("output")
            job.updates.append(job.output)
            return web.Response(text="ok")
        job.answers += 1
        if job.status in FINAL:
            return web.Response(text="ok")
        job.status = "FAILED" if body.get("error") else "COMPLETED"
        job.error, job.output, job.ended_at = body.get("error"), body.get("output"), time.monotonic()
        job.stops_pod = bool(body.get("stopPod"))
        return web.Response(text="ok")

    async def _ping(self, request: web.Request) -> web.Response:
        self.pings[request.match_info["worker"]] += 1
        return web.Response(text="ok")

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            now = time.monotonic()
            for job in [*self.jobs.values()]:
                if job.status != "IN_PROGRESS":
                    continue
                if now - job.started_at > job.policy.get("executionTimeout", 600_000) / 1000:
                    await self._stops[job.worker].put(job.id)
                    job.status, job.ended_at = "TIMED_OUT", now
                elif now - self.seen.get(job.worker, now) > self.lost_s:
                    if job.deliveries >= 3:
                        job.status, job.error, job.ended_at = "FAILED", "job timed out after 3 retries", now
                    else:
                        job.status = "IN_QUEUE"
                        await self._put(job.id)
