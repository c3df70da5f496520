from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.jobs import Worker
from tests.fakes import ScriptedEngine
from tests.jobs.listening import Heard


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def worker(engine: ScriptedEngine, heard: Heard) -> Iterator[Worker]:
    worker = Worker(engine, heard)
    yield worker
    engine.gate.set()
    worker.close()
