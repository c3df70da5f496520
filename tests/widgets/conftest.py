from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Lab
from widgets import Studio


@pytest.fixture
def studio(lab: Lab) -> Iterator[Studio]:
    studio = Studio(lab)
    yield studio
    studio.close()
