from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes import ScriptedEngine
from tests.jobs.listening import DrawingWorker, Heard


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def worker(engine: ScriptedEngine, heard: Heard) -> Iterator[DrawingWorker]:
    worker = DrawingWorker(engine, heard)
    yield worker
    engine.gate.set()
    worker.close()
