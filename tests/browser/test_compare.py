"""Two pictures compared, tags, and a choice among seeds, in a real JupyterLab."""

import pytest

pytestmark = pytest.mark.browser

CELL = """import tempfile
import numpy as np
from lab import Lab, Picture, Recipe, Request
from lab.core.events import Result
from lab.tasks import plan
from tests.fakes import ScriptedEngine
from widgets import Compare, GalleryView, SeedBrowser, Studio
lab = Lab(home=tempfile.mkdtemp(), engine=ScriptedEngine())
ramp = np.add.outer(np.arange(400), np.arange(600)) // 4 % 256
pixels = np.dstack([ramp, ramp[::-1], 255 - ramp]).astype(np.uint8)
changed = pixels.copy()
changed[100:102, 300:303] += 40
for seed, (words, picture) in enumerate([("a red <b>shoe</b>", pixels), ("a blue shoe", changed), ("a shoe", pixels)]):
    request = Request(Recipe(prompt=words, seed=seed + 2**63))
    lab.gallery.add(Result(Picture(picture), request, plan(request).plan, 1.0))
view = GalleryView(lab)
view"""
SAME = "same = Compare(lab, pixels, pixels.copy())\nsame"
SEEDS = """studio = Studio(lab, "text_to_image")
seeds = SeedBrowser(lab, Recipe(prompt="a shoe", seed=2**64 - 2), count=4)
seeds"""
SHOWN = """() => [...document.querySelectorAll('.sketchlab-compare-pane > img')]
  .filter((one) => one.naturalWidth && one.checkVisibility({ visibilityProperty: true }))
  .map((one) => one.className.split('-').pop())"""
LEVELS = """(side) => {
  const image = [...document.querySelectorAll(`.sketchlab-compare-${side}`)].find((one) => one.naturalWidth);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let most = 0, count = 0;
  for (let at = 0; at < data.length; at += 4) { most = Math.max(most, data[at]); count += data[at] > 0; }
  return [canvas.width, canvas.height, most, count];
}"""

MOVED = """() => [...document.querySelectorAll('.sketchlab-compare-pane')]
  .map((one) => getComputedStyle(one.querySelector('.sketchlab-compare-b')).transform)"""


@pytest.fixture(scope="module")
def notebook(notebook_of):
    """The gallery, a comparison and a choice among seeds; only the first is run."""
    notebook = notebook_of([CELL, SAME, SEEDS])
    notebook.run_cell(0)
    return notebook


@pytest.fixture
def page(notebook):
    return notebook.page


def shows(page, expected):
    page.wait_for_function(f"(expected) => JSON.stringify(({SHOWN})().sort()) === expected", arg=expected)


def test_two_of_the_gallery_are_compared_in_every_way_and_tagged(notebook, page):
    page.locator(".sketchlab-gallery-cell:first-child img[src]").wait_for()
    page.get_by_label("Enlarge: a shoe").focus()
    page.keyboard.press("c")
    assert page.get_by_role("button", name="Compare").is_disabled()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("c")
    page.get_by_role("button", name="Compare").click()
    shows(page, '["a","b"]')
    page.get_by_role("radio", name="Difference").click()
    shows(page, '["map"]')
    assert page.evaluate(LEVELS, "map") == [600, 400, 40, 6], "what is seen is the difference of the pixels themselves"
    page.get_by_role("radio", name="Side by side").click()
    shows(page, '["a","b"]')
    page.locator(".sketchlab-compare-pane").first.focus()
    page.keyboard.press("1")
    page.keyboard.press("ArrowLeft")
    first, second = page.evaluate(MOVED)
    assert first == second != "none", "both are zoomed and moved as one"
    page.get_by_role("radio", name="Flicker").click()
    shows(page, '["a"]')
    shows(page, '["b"]')
    marked = page.locator(".sketchlab-compare-settings mark")
    assert marked.all_inner_texts() == ["blue", "9223372036854775810", "9223372036854775809"]
    page.get_by_role("button", name="Close").last.click()
    notebook.wait_for("view.compared", {})

    page.get_by_label("Enlarge: a red <b>shoe</b>").click()
    page.get_by_label("Add a tag").fill("summer, shop sale")
    page.get_by_label("Add a tag").press("Enter")
    notebook.wait_for("[one.tags for one in lab.gallery.search('tag:summer')]", [["shop sale", "summer"]])
    page.get_by_role("button", name="shop sale", exact=True).click()
    notebook.wait_for("(view.query, len(view.cells))", ['tag:"shop sale"', 1])


def test_a_comparison_survives_a_reload_and_of_the_same_picture_the_map_is_black(notebook, page):
    notebook.run_cell(1)
    page.locator(".jp-CodeCell").nth(1).get_by_role("radio", name="Difference").click()
    notebook.wait_for("same.way", "difference")
    notebook.reload()
    shows(page, '["map"]')
    assert page.evaluate(LEVELS, "map") == [600, 400, 0, 0]
    page.get_by_text("Identical: every pixel is the same.").wait_for()


def test_a_seed_is_picked_and_varied_around(notebook, page):
    notebook.run_cell(2)
    page.locator(".sketchlab-seeds-cell:nth-child(4) img[src]").wait_for()
    page.get_by_role("radio", name="seed 18446744073709551615").click()
    notebook.wait_for("seeds.recipe.seed if seeds.recipe else 0", 2**64 - 1)
    page.get_by_role("button", name="Vary around it").click()
    page.locator(".sketchlab-seeds-cell[title='variation 3'] img[src]").wait_for()
    page.get_by_role("radio", name="variation 3").click()
    page.get_by_role("button", name="Use its seed").click()
    notebook.wait_for("[studio.panel.settings[one] for one in ('seed', 'variation_seed')]", [2**64 - 1, 3])
