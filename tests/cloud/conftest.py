from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from lab.session import Lab
from lab.session.remote_engine import RemoteEngine, remote_engine

KEY = "rpa_MARKED0123456789KEY"
_MISSING = "Runpod's SDK is not installed: pip install -e '.[test]'"


@pytest.fixture(scope="module")
def modules_queue() -> Iterator[Any]:
    if find_spec("runpod") is None:  # the queue speaks by the SDK's own aiohttp
        pytest.skip(_MISSING)
    from tests.cloud.queue import StandIn

    with StandIn(key=KEY) as queue:
        yield queue


@pytest.fixture
def own_queue() -> Iterator[Any]:
    """A stand-in whose workers are the test's own, which may kill them."""
    if find_spec("runpod") is None:
        pytest.skip(_MISSING)
    from tests.cloud.queue import StandIn

    with StandIn(key=KEY) as queue:
        yield queue


@pytest.fixture(scope="module")
def modules_worker(modules_queue: Any) -> Iterator[Any]:
    from tests.cloud.workers import scripted_worker

    with scripted_worker(modules_queue, "w1") as process:
        yield process


@pytest.fixture
def queue(modules_queue: Any) -> Any:
    """A stand-in for Runpod, on loopback, as at its start."""
    modules_queue.clear()
    return modules_queue


@pytest.fixture
def worker(queue: Any, modules_worker: Any) -> Any:
    """One of its workers, which takes seconds to start and so is the same for a whole file."""
    assert modules_worker.poll() is None
    return modules_worker


@pytest.fixture
def rented(queue: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Lab]]:
    """Opens labs that draw on the stand-in: `rented()`, `rented("?workers=2", home="other")`."""
    from lab.cloud.address import EndpointAddress
    from lab.cloud.waiting import Pace

    monkeypatch.setenv("SKETCHLAB_RUNPOD_KEY", KEY)
    with ExitStack() as closing:

        def open_rented(
            said: str = "", home: str = "home", at: Any = queue, family: str | None = None, **pace: float
        ) -> Lab:
            monkeypatch.setenv("RUNPOD_ENDPOINT_BASE_URL", at.url)
            quick = {"first_s": 0.02, "longest_s": 0.1, "health_s": 0.05} | pace
            address = EndpointAddress.of(f"runpod://e{said}")
            engine = remote_engine(address, tmp_path / home, "default", Pace(**quick), backoff_s=0.01)
            return closing.enter_context(Lab(address.model, family=family, home=tmp_path / home, engine=engine))

        yield open_rented


def engine_of(lab: Lab) -> RemoteEngine:
    """The engine of a rented lab."""
    assert isinstance(lab.engine, RemoteEngine)
    return lab.engine
