from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from lab.core import Picture
from lab.preprocessors import FILTERS, PREPROCESSORS


@pytest.fixture
def tables() -> Iterator[None]:
    """What a test declares is gone after it."""
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
