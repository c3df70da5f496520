"""A paper says when the picture on it has fewer pixels than the one that was brought."""

from __future__ import annotations

import numpy as np
import pytest

from lab.core.picture import Picture
from widgets import MaskPainter, SketchCanvas

WIDE = Picture(np.zeros((24, 5000, 3), np.uint8))
SMALL = Picture(np.full((24, 50, 3), 9, np.uint8))


def drop(canvas: MaskPainter | SketchCanvas, picture: Picture, **values: object) -> None:
    message = {"kind": "op", "client": "me", "op": "picture", **values}
    canvas.ink._last["me"] = 0
    canvas.ink._make("me", 1, message, [picture.to_png()])


@pytest.mark.parametrize("kind", [MaskPainter, SketchCanvas])
def test_a_picture_that_no_paper_can_hold_says_how_it_lies_there(kind: type[MaskPainter | SketchCanvas]) -> None:
    canvas = kind()
    canvas.background = WIDE
    assert canvas.background is not None
    size = canvas.background.size
    assert size.width == 4096
    words = f"The picture has 5000x24 pixels, and a paper 4096 a side at most: it lies here with {size}."
    assert canvas.ink.said["text"].startswith(words)
    canvas.background = SMALL
    assert canvas.ink.said == {}
    drop(canvas, WIDE, name="wide.png")
    assert canvas.ink.said["text"].startswith(words)
    canvas.close()


def test_a_picture_that_the_page_wrote_anew_says_so() -> None:
    canvas = MaskPainter()
    drop(canvas, SMALL, name="large.png", full=[6000, 4000])
    said = canvas.ink.said["text"]
    assert "large.png" in said
    assert "written anew, with 50x24 of its 6000x4000 pixels" in said
    canvas.close()


@pytest.mark.parametrize("full", [None, [], [1], ["a", "b"], {"0": 1}, 7])
def test_what_no_page_says_is_not_believed(full: object) -> None:
    canvas = SketchCanvas()
    canvas.say("Something else.")
    drop(canvas, SMALL, name="small.png", full=full)
    assert canvas.ink.said == {"text": "Something else."}
    canvas.close()
