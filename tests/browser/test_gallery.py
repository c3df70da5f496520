"""The gallery in a real JupyterLab: thumbnails come as they are seen, keys lead through it, pictures are used."""

import pytest

pytestmark = pytest.mark.browser

CELL = """import tempfile
import numpy as np
from lab import Lab, Picture, Recipe, Request
from lab.core.events import Result
from lab.tasks import plan
from tests.fakes import ScriptedEngine
from widgets import GalleryView, Studio
lab = Lab(home=tempfile.mkdtemp(), engine=ScriptedEngine())
for seed in range(70):
    request = Request(Recipe(prompt=f"<b>apple</b> {seed}" if seed % 2 else f"shoe {seed}", seed=seed))
    colour = np.full((64, 96, 3), (40 + 3 * seed, 90, 220 - 3 * seed), np.uint8)
    lab.gallery.add(Result(Picture(colour), request, plan(request).plan, 1.0))
view = GalleryView(lab)
view"""
STUDIO = """studio = Studio(lab, "image_to_image")
studio"""


def test_pictures_are_found_starred_deleted_and_gone_on_with(open_notebook, page):
    page.set_viewport_size({"width": 1000, "height": 1300})
    notebook = open_notebook([CELL, STUDIO])
    notebook.run_cell(0)
    page.locator(".sketchlab-gallery-cell:first-child img[src]").wait_for()
    page.locator(".sketchlab-gallery-cells").evaluate("(grid) => grid.scrollTo(0, 1e6)")
    page.locator(".sketchlab-gallery-cell:last-child img[src]").wait_for()
    assert page.locator(".sketchlab-gallery-picture[src]").count() < 60, "what was never seen was never sent"
    page.locator(".sketchlab-gallery-cells").evaluate("(grid) => grid.scrollTo(0, 0)")

    page.get_by_label("Enlarge: <b>apple</b> 69").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    notebook.wait_for("[kept.recipe.seed for kept in lab.gallery.search('starred:yes')]", [68])
    page.keyboard.press("Delete")
    notebook.wait_for("view.cells[1]['title']", "<b>apple</b> 67")
    page.wait_for_function("document.activeElement.title === '<b>apple</b> 67'")
    page.get_by_role("button", name="Undo deletion").click()
    page.wait_for_function("document.querySelectorAll('.sketchlab-gallery-open')[1].title === 'shoe 68'")

    page.get_by_label("Search by words and fields").fill("shoe seed:68")
    page.get_by_label("Search by words and fields").press("Enter")
    notebook.wait_for("view.query", "shoe seed:68")
    page.wait_for_function("document.querySelectorAll('.sketchlab-gallery-cell').length === 1")
    notebook.run_cell(1)
    page.get_by_label("Enlarge: shoe 68").press("Enter")
    page.wait_for_function("document.querySelector('.sketchlab-gallery-large').naturalWidth === 96")
    assert "68" in page.locator(".sketchlab-gallery-facts").inner_text()
    page.get_by_role("button", name="Use as input").click()
    notebook.wait_for("studio.image is not None and studio.image == lab.gallery.search('seed:68')[0].picture()", True)
    page.get_by_text("It is on the canvas of image_to_image.").wait_for()

    notebook.execute("studio.image = None")
    canvas = page.locator(".sketchlab-surface").first
    page.get_by_label("Enlarge: shoe 68").drag_to(canvas)
    notebook.wait_for("studio.image is not None", True)
