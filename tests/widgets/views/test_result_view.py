from __future__ import annotations

import pytest

from tests.widgets.studio.following import finished
from widgets.views.result_view import ResultView


@pytest.mark.parametrize(("seconds", "ends"), [(0.004, "seed 0"), (0.31, "seed 0 · 0.3 s")])
def test_the_line_below_a_picture_says_how_long_it_took_unless_it_was_there_already(seconds: float, ends: str) -> None:
    view = ResultView()
    view.show(finished(1, seconds).result)
    assert view.caption.endswith(ends)
