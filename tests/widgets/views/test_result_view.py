from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lab import Lab, Picture, Recipe, Request
from tests.widgets.controls import page_sends
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


def photograph(side: int) -> Picture:
    """Soft shapes with a grain, as a camera sees them; never compresses well without loss."""
    grain = np.random.default_rng(0).normal(0, 3, (side, side, 3))
    slope = np.linspace(40, 200, side)[None, :, None]
    return Picture(np.clip(slope + grain, 0, 255).astype(np.uint8))


def test_the_page_gets_a_picture_as_it_is_seen_and_the_very_file_when_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    view = ResultView()
    view.set_state({"seen_px": 400})
    made = replace(finished(1).result, picture=photograph(800))
    view.show(made)
    with Image.open(io.BytesIO(view.shown)) as seen:
        assert (seen.format, seen.size) == ("WEBP", (400, 400))
    assert len(view.shown) < len(view.png) / 10
    assert "png" not in view.get_state()
    assert view.longest_px == 800
    sent: list[tuple[Any, Any]] = []
    monkeypatch.setattr(view, "send", lambda content, buffers=None: sent.append((content, buffers)))
    page_sends(view, {"kind": "file"})
    assert sent == [({"kind": "file"}, [view.png])]
    assert Picture.of(view.png) == made.picture


def test_a_file_that_is_smaller_than_what_is_seen_travels_itself() -> None:
    view = ResultView()
    view.show(replace(finished(1).result, picture=Picture(np.zeros((8, 8, 3), np.uint8))))
    assert len(view.shown) <= len(view.png)


@pytest.mark.parametrize(("source", "is_there"), [((80, 60), True), ((320, 240), True), ((60, 80), False)])
def test_a_picture_is_compared_with_what_it_came_from_where_that_lies_on_it(
    source: tuple[int, int], is_there: bool
) -> None:
    view = ResultView()
    image = Picture(np.full((source[1], source[0], 3), 90, np.uint8))
    request = Request(Recipe(task="image_to_image", image=image.hash), {image.hash: image})
    made = replace(finished(1).result, request=request, picture=Picture(np.zeros((60, 80, 3), np.uint8)))
    view.show(made)
    assert bool(view.before) is is_there
    view.show(finished(2).result)
    assert view.before == b""
