from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lab import Lab, Picture
from tests.widgets.studio.following import finished
from widgets.views.result_view import ResultView


@pytest.mark.parametrize(("seconds", "ends"), [(0.004, "seed 0"), (0.31, "seed 0 · 0.3 s")])
def test_the_line_below_a_picture_says_how_long_it_took_unless_it_was_there_already(seconds: float, ends: str) -> None:
    view = ResultView()
    view.show(finished(1, seconds).result)
    assert view.caption.endswith(ends)


def test_the_line_says_the_size_that_the_file_has_and_nothing_of_a_model_that_drew_nothing(lab: Lab) -> None:
    view = ResultView()
    made = finished(1).result
    wide = replace(made, picture=Picture(np.zeros((40, 60, 3), np.uint8)))
    view.show(wide)
    assert "60x40" in view.caption
    assert f"{made.plan.size}" not in view.caption
    view.show(replace(wide, plan=replace(made.plan, steps_run=0)))
    assert view.caption == "60x40 · 1.0 s"
    lab.gallery.add(wide)
    view.show_kept(lab.gallery.latest()[0])
    assert "60x40" in view.caption
