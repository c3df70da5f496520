"""Contact sheet and step scrubber in a real JupyterLab: every picture is on the screen, with its words."""

import pytest

pytestmark = pytest.mark.browser

SHEET = """import numpy as np
from widgets import ContactSheet, StepScrubber
colours = (200, 30, 30), (30, 160, 60), (40, 60, 200)
red, green, blue = (np.full((60, 90, 3), colour, np.uint8) for colour in colours)
ContactSheet({"first": red, "second, in words too many for one line of it": green, "third": blue}, side_px=160)"""
SCRUBBER = """scrubber = StepScrubber([{"a": red, "b": blue}, {"a": green, "b": red}], ["all noise", "all clear"])
scrubber"""
PICTURES = "img.widget-image, img.sketchlab-sheet-picture"
COLOUR = """async (image) => {
    if (!(await image.decode().then(() => true, () => false))) return null; // another one came meanwhile
    const pen = new OffscreenCanvas(1, 1).getContext('2d');
    pen.drawImage(image, image.naturalWidth / 2, image.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    return ['red', 'green', 'blue'][[red, green, blue].indexOf(Math.max(red, green, blue))];
}"""


def wait_for_colours(cell, expected):
    """Wait until the pictures of a cell have these colours, in order."""
    images = cell.locator(PICTURES)
    for _ in range(400):
        found = [images.nth(number).evaluate(COLOUR) for number in range(images.count())]
        if found == expected:
            return
        cell.page.wait_for_timeout(25)
    pytest.fail(f"the pictures are {found}, not {expected}")


@pytest.fixture(scope="module")
def notebook(notebook_of):
    """A sheet, a scrubber, and a cell that no key may change."""
    notebook = notebook_of([SHEET, SCRUBBER, "1"])
    notebook.run_all()
    return notebook


@pytest.mark.parametrize("width", [900, 1400])
def test_a_contact_sheet_shows_its_pictures_in_order_each_over_its_words(notebook, width):
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 900})
    cell = page.locator(".jp-CodeCell").first
    wait_for_colours(cell, ["red", "green", "blue"])
    boxes = [image.bounding_box() for image in cell.locator(PICTURES).all()]
    assert all((round(box["width"]), round(box["height"])) == (160, 160) for box in boxes)
    places = [(round(box["y"]), round(box["x"])) for box in boxes]
    assert places == sorted(places), "in order, row by row"
    assert len(set(places)) == 3
    for box, words in zip(boxes, ("first", "second, in words", "third"), strict=True):
        said = cell.locator("figcaption", has_text=words).bounding_box()
        assert said["y"] >= box["y"] + box["height"], "the words stand below their picture"
        assert abs(said["x"] - box["x"]) < 2
        assert said["width"] <= 162
    assert page.evaluate("document.querySelector('.jp-OutputArea-output').scrollWidth") <= width


def test_a_picture_is_enlarged_its_neighbour_comes_by_key_and_all_are_saved(notebook):
    page = notebook.page
    cell = page.locator(".jp-CodeCell").first
    wait_for_colours(cell, ["red", "green", "blue"])
    page.get_by_role("button", name="Enlarge: first").click()
    large = page.locator(".sketchlab-sheet-large")
    large.wait_for()
    page.wait_for_function("document.querySelector('.sketchlab-sheet-large').naturalWidth === 90")
    assert large.evaluate(COLOUR) == "red"
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.sketchlab-sheet-large').alt.startsWith('second')")
    page.keyboard.press("Escape")
    large.wait_for(state="hidden")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save all").click()
    assert saving.value.suggested_filename == "pictures.zip"
    page.get_by_role("button", name="Use", exact=True).first.click()
    page.get_by_text("No Studio with a canvas is open").wait_for()
    assert page.locator(".jp-Cell").count() == 3


def test_the_scrubber_shows_the_moment_that_keys_and_python_choose_and_plays(notebook):
    page = notebook.page
    cell = page.locator(".jp-CodeCell").nth(1)
    wait_for_colours(cell, ["red", "blue"])
    cell.get_by_text("all noise", exact=True).wait_for()
    cell.locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    notebook.wait_for("scrubber.step", 1)
    wait_for_colours(cell, ["green", "red"])
    cell.get_by_text("all clear", exact=True).wait_for()
    notebook.execute("scrubber.step = 0")
    wait_for_colours(cell, ["red", "blue"])
    cell.locator(".jupyter-widget-play button, .widget-play button").first.click()
    notebook.wait_for("scrubber.step", 1)
    wait_for_colours(cell, ["green", "red"])
