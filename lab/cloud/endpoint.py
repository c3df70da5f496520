"""Runpod's queue over HTTPS: jobs are asked for, looked at, cancelled; each trouble is one sentence."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from lab.core.errors import BadInput, EndpointFailed

if TYPE_CHECKING:
    import httpx

BASE_URL = "https://api.runpod.ai/v2"
_PER_S = 10.0
_AT_MOST = {"run": 800, "status": 1600, "cancel": 80, "health": 100}
"""Requests in ten seconds: four fifths of Runpod's limits (1000, 2000 and 100; its documentation, August 2026)."""
FINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"})


class AnswerLost(EndpointFailed):
    """Nobody knows whether a job was taken on."""


class JobGone(EndpointFailed):
    """Runpod knows a job no more."""


class Unreachable(EndpointFailed):
    """Runpod could not be asked, now."""


@dataclass(frozen=True)
class JobStatus:
    """What Runpod says of a job; `output` is its progress until it is done. Times are seconds."""

    state: str
    output: Any = None
    error: Any = None
    execution_s: float = 0.0

    @property
    def is_final(self) -> bool:
        """Whether the job has ended, well or not: its state changes no more."""
        return self.state in FINAL


@dataclass(frozen=True)
class Health:
    """What Runpod says of an endpoint's workers: how many are in which state."""

    workers: dict[str, int] = field(default_factory=dict)

    def count(self, *states: str) -> int:
        """How many are in one of these states."""
        return sum(self.workers.get(state, 0) for state in states)

    @property
    def is_alive(self) -> bool:
        """Whether a worker draws, could, or is starting."""
        return self.count("idle", "ready", "running", "initializing") > 0

    @property
    def waits_for(self) -> str:
        """Why a job in the queue is not drawn yet, in words."""
        if self.count("initializing"):
            return "a worker is starting (cold start)"
        if self.count("running"):
            return "all workers are busy"
        if self.count("idle", "ready"):
            return "waiting in the queue"
        if self.count("unhealthy"):
            return "the endpoint's workers crash when they start"
        if self.count("throttled"):
            return "Runpod has no free GPU for this endpoint now (throttled)"
        return "no worker is up yet"


class Endpoint:
    """One endpoint. Any thread.

    Args:
        endpoint: its id.
        key: of the account.
        base_url: of Runpod's API.
        backoff_s: the first pause before a request is tried again; the next ones are longer.
        clock: seconds, monotonic.
        sleep: waits.
    """

    def __init__(
        self,
        endpoint: str,
        key: SecretStr,
        *,
        base_url: str = BASE_URL,
        backoff_s: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._id, self._key, self._base_url, self._backoff_s = endpoint, key, base_url, backoff_s
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._sent: dict[str, deque[float]] = {route: deque() for route in _AT_MOST}
        self._clients: tuple[httpx.Client, httpx.Client] | None = None

    def run(self, payload: dict[str, Any], policy: dict[str, Any]) -> str:
        """Ask for a job; its id.

        Raises:
            AnswerLost: when it may have been taken on or not.
            BadInput: when Runpod refuses the request.
            EndpointFailed: when it refuses the key, or asks to wait for too long.
        """
        import httpx

        try:
            answer = self._asked("run", "POST", "run", {"input": payload, "policy": policy}, is_safe=False)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(self._no_answer(error)) from None
        except httpx.HTTPError as error:
            raise AnswerLost(self._no_answer(error)) from None
        if answer.status_code >= 500:
            msg = f"Runpod answered with {answer.status_code} instead of a job"
            raise AnswerLost(msg)
        said = self._said(answer)
        if answer.status_code != 200 or not isinstance(said.get("id"), str):
            msg = f"Runpod refuses the request ({answer.status_code}): {self._words(said)}"
            raise BadInput(msg)
        return said["id"]

    def status(self, job: str) -> JobStatus:
        """What Runpod says of a job.

        Raises:
            JobGone: when it knows it no more.
            Unreachable: when it cannot be asked now.
            EndpointFailed: when it refuses the key.
        """
        said = self._safely("status", "GET", f"status/{job}")
        took_ms = said.get("executionTime")
        return JobStatus(
            state=str(said.get("status", "")),
            output=said.get("output"),
            error=said.get("error"),
            execution_s=took_ms / 1000 if isinstance(took_ms, int | float) else 0.0,
        )

    def cancel(self, job: str) -> None:
        """Cancel a job, whatever its state; errors as for `status`."""
        self._safely("cancel", "POST", f"cancel/{job}")

    def health(self) -> Health:
        """What Runpod says of the workers; errors as for `status`."""
        workers = self._safely("health", "GET", "health").get("workers")
        found = workers if isinstance(workers, dict) else {}
        return Health({str(state): count for state, count in found.items() if isinstance(count, int)})

    def close(self) -> None:
        """Close the connections; they open again when they are needed."""
        with self._lock:
            clients, self._clients = self._clients, None
        for client in clients or ():
            client.close()

    def _safely(self, route: str, method: str, path: str) -> dict[str, Any]:
        """The answer to what may be asked as often as one likes."""
        import httpx

        try:
            answer = self._asked(route, method, path, None, is_safe=True)
        except httpx.HTTPError as error:
            raise Unreachable(self._no_answer(error)) from None
        if answer.status_code == 404:
            msg = "Runpod knows this job no more: it keeps results for 30 minutes"
            raise JobGone(msg)
        if answer.status_code != 200:
            msg = f"Runpod cannot be asked now ({answer.status_code})"
            raise Unreachable(msg)
        return self._said(answer)

    def _asked(
        self, route: str, method: str, path: str, body: dict[str, Any] | None, *, is_safe: bool
    ) -> httpx.Response:
        self._wait_for_turn(route)
        answer = self._client(is_safe=is_safe).request(method, f"{self._base_url}/{self._id}/{path}", json=body)
        if answer.status_code in (401, 403):
            msg = "Runpod refuses the key: it is wrong, or may not use this endpoint (401); see SKETCHLAB_RUNPOD_KEY"
            raise EndpointFailed(msg)
        if answer.status_code == 429:
            msg = "Runpod asks for fewer requests (429), for minutes now: try again later, or with fewer workers"
            raise Unreachable(msg)
        if answer.status_code == 404 and route in ("run", "health"):
            msg = f"there is no endpoint {self._id} for this key (404): its id is in the console's Serverless page"
            raise EndpointFailed(msg)
        return answer

    def _client(self, *, is_safe: bool) -> httpx.Client:
        with self._lock:
            if self._clients is None:
                self._clients = self._opened(is_safe=False), self._opened(is_safe=True)
            return self._clients[is_safe]

    def _opened(self, *, is_safe: bool) -> httpx.Client:
        """Connections on which every trouble is tried again, or only what surely was not taken on."""
        import httpx
        from httpx_retries import Retry, RetryTransport

        retry = Retry(
            total=6,
            allowed_methods=("GET", "POST"),
            status_forcelist=(429, 500, 502, 503, 504) if is_safe else (429,),
            retry_on_exceptions=(httpx.TransportError,) if is_safe else (httpx.ConnectError, httpx.ConnectTimeout),
            backoff_factor=self._backoff_s,
            max_backoff_wait=10.0,
        )
        limits = httpx.Limits(max_connections=32, max_keepalive_connections=32)
        return httpx.Client(
            transport=RetryTransport(httpx.HTTPTransport(limits=limits), retry=retry),
            auth=_bearer(self._key),
            timeout=httpx.Timeout(60.0, connect=10.0, pool=120.0),
        )

    def _wait_for_turn(self, route: str) -> None:
        """Keep to Runpod's limits: wait until fewer requests were sent in the last ten seconds than are allowed."""
        while True:
            with self._lock:
                now, sent = self._clock(), self._sent[route]
                while sent and sent[0] <= now - _PER_S:
                    sent.popleft()
                if len(sent) < _AT_MOST[route]:
                    sent.append(now)
                    return
                wait_s = sent[0] + _PER_S - now
            self._sleep(max(0.01, wait_s))

    def _said(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            said = answer.json()
        except ValueError:
            said = None
        if not isinstance(said, dict):
            msg = f"Runpod answered with something else than JSON ({answer.status_code})"
            raise Unreachable(msg) if answer.status_code != 200 else AnswerLost(msg)
        return said

    def _words(self, said: dict[str, Any]) -> str:
        words = str(said.get("error") or said.get("message") or "no reason was given")
        return words.replace(self._key.get_secret_value(), "***")[:120]

    def _no_answer(self, error: Exception) -> str:
        return f"Runpod cannot be reached ({type(error).__name__})"


def _bearer(key: SecretStr) -> Callable[[httpx.Request], httpx.Request]:
    """What puts the key into a request; httpx shows that header to nobody."""

    def authorised(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {key.get_secret_value()}"
        return request

    return authorised
