"""A cat is drawn with the mouse, its face is filled with the bucket, and the picture is of a blue cat."""

from __future__ import annotations

import pytest

from bench._cat import COLOURS, FACE, cat
from bench._jupyterlab import Notebook
from tests.browser.page_canvas import PageCanvas

pytestmark = [pytest.mark.browser, pytest.mark.starter]
LONG_S = 180

CELL = """import tempfile
from bench._cat import hue_error
from lab import open_lab
from widgets import Studio
lab = open_lab(home=tempfile.mkdtemp())
studio = Studio(lab, "sketch_to_image")
studio.panel.settings = {"prompt": "a cat"}
canvas = studio.canvas
studio"""


def test_a_face_that_the_bucket_fills_in_blue_becomes_a_blue_cat(notebook: Notebook) -> None:
    page = PageCanvas(notebook)
    notebook.execute("studio.live_button.value = False")
    lines = cat().strokes
    for stroke in lines:
        page.stroke(*(tuple(map(float, point[:2])) for point in stroke.points), steps=1)
    notebook.wait_for("len(canvas.sketch.strokes)", len(lines))
    page.press("Bucket (G)")
    page.press("Blue")
    page.click(*FACE)
    notebook.wait_for("len(canvas.sketch.strokes)", len(lines) + 1)
    notebook.page.get_by_role("button", name="Live").click()
    notebook.wait_for(
        "bool(studio.result and studio.result.request.recipe == studio.request().recipe)", timeout_s=LONG_S
    )
    away = notebook.value(f"hue_error(studio.result.picture, canvas.sketch, {COLOURS['blue']!r})")
    assert away <= 30, f"the face is {away:.0f} degrees from blue"
    notebook.page.wait_for_selector(".sketchlab-result-picture >> visible=true")
