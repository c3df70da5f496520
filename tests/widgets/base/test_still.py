"""What people put into a cell by itself leaves its picture there; what is only a part of something else, nothing."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from lab import Picture
from tests.widgets.studio.following import nothing_is_left_open
from widgets import ImageGrid, MaskPainter, SketchCanvas, StepScrubber
from widgets.base.still import SavedStill

RED, GREEN, TALL = (
    Picture(np.full((height, 640, 3), colour, np.uint8))
    for height, colour in ((480, (250, 10, 10)), (480, (10, 250, 10)), (960, (10, 10, 250)))
)


def left_by(widget: Any) -> Any:
    """The picture that the widget's cell has; None where it has none."""
    bundle = widget._repr_mimebundle_()
    content = bundle[0] if isinstance(bundle, tuple) else bundle
    still = content.get("image/jpeg")
    return still and Image.open(io.BytesIO(base64.b64decode(still)))


def test_what_stands_in_a_cell_leaves_its_picture_there() -> None:
    canvas = SketchCanvas()
    assert left_by(canvas) is None, "nothing is drawn yet"
    canvas.background = TALL
    for widget, size in (
        (canvas, (384, 384)),
        (MaskPainter(TALL), (256, 384)),
        (StepScrubber([{"one": RED}]), (384, 288)),
        (ImageGrid({"one": RED, "other": GREEN}), (384, 144)),
        (ImageGrid({str(number): TALL for number in range(3)}), (256, 384)),
    ):
        assert left_by(widget).size == size, widget
    two = np.asarray(left_by(ImageGrid({"one": RED, "other": GREEN})))
    assert (two[:, :190, 0].min(), two[:, 194:, 1].min()) > (240, 240)


def test_a_still_comes_with_the_cell_and_goes_with_the_widget() -> None:
    with nothing_is_left_open() as made:
        painter = MaskPainter(RED)
        assert not any(isinstance(one, SavedStill) for one in made)
        left_by(painter)
        left_by(painter)
        (still,) = (one for one in made if isinstance(one, SavedStill))
        assert f"sketchlab-root-{still.root}" in painter.get_state()["_dom_classes"]
        painter.close()
