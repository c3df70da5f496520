"""What a picture was made of comes back as it was given, strokes as strokes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lab import Lab, Picture, Sketch
from lab.core import Size


def test_the_strokes_of_a_picture_come_back_to_be_drawn_on(lab: Lab) -> None:
    photo = Picture(np.zeros((64, 64, 3), np.uint8))
    sketch = (
        Sketch(Size(64, 64), background=photo).circle(30, 30, 20).polygon([(1, 1), (9, 9), (1, 9)], colour="#ff0000")
    )
    lab.run("sketch_to_image", sketch=sketch, prompt="a red apple").wait(30)
    (kept,) = lab.gallery.latest()
    assert lab.gallery.sketch(kept.made.sketch) == sketch.with_background(None)


def test_strokes_go_with_the_last_live_picture_that_was_drawn_from_them(lab: Lab) -> None:
    drawn = [Sketch().circle(30, 30, radius) for radius in range(2, 55)]
    for sketch in drawn:
        lab.submit_live(lab.request("sketch_to_image", sketch=sketch)).wait(30)
    kept = lab.gallery.latest(100)
    assert [lab.gallery.sketch(one.made.sketch) for one in kept] == [*reversed(drawn[-50:])]
    assert len([*Path(lab.home).glob("gallery/sources/*.sketch.json")]) == 50
