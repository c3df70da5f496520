from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from lab.core import Picture
from lab.preprocessors import FILTERS, PREPROCESSORS
from lab.session import Lab
from tests.fakes import ScriptedEngine

# A test that tries to reach a model hub is a bug: it fails at once instead of waiting for a network.
os.environ["HF_HUB_OFFLINE"] = "1"
# Numba, once pymatting is imported, sets the threads of torch too: more than OMP_NUM_THREADS says, and all wait busily.
if "OMP_NUM_THREADS" in os.environ:
    os.environ.setdefault("NUMBA_NUM_THREADS", os.environ["OMP_NUM_THREADS"])
# How long an example takes is the machine's business.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def lab(tmp_path: Path, engine: ScriptedEngine) -> Iterator[Lab]:
    with Lab(home=tmp_path, engine=engine) as lab:
        yield lab
        engine.gate.set()


@pytest.fixture
def tables() -> Iterator[None]:
    """What a test declares as preprocessor or filter is gone after it."""
    before = dict(PREPROCESSORS), dict(FILTERS)
    yield
    for table, entries in zip((PREPROCESSORS, FILTERS), before, strict=True):
        table.clear()
        table.update(entries)


@pytest.fixture(scope="session")
def photo() -> Picture:
    """A photograph of a cat, 451 x 300 pixels."""
    data = pytest.importorskip("skimage.data")
    return Picture(np.asarray(data.chelsea()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with the starter model first, so that several workers end at about the same time; browser tests last.

    Playwright keeps an event loop running in this thread.
    """
    slow = {item.path for item in items if item.get_closest_marker("starter")}
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, item.path not in slow))
