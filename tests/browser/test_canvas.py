"""The sketch canvas in a real JupyterLab: what is drawn arrives, stands on screen, and outlives whatever happens."""

import numpy as np
import pytest

from lab.core import rasterise
from tests.browser.easel import ONE_TO_ONE, Easel, is_dark, is_white
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser

CELL = f"""from ipywidgets import Layout
from widgets.sketch_canvas import SketchCanvas
canvas = SketchCanvas()
canvas.layout = Layout({ONE_TO_ONE})
canvas"""
# The kernel answers a widget where it last spoke to it: after these two changes, on the thread that then sleeps.
BLOCK = "import time\ncanvas.undo()\ncanvas.redo()\ntime.sleep(5)"
BURST = """
from lab.core import Stroke
for i in range(60):
    pen = {"tool": "eraser" if i % 5 == 4 else "brush", "colour": f"#{i * 4:02x}40c0", "size_px": 40.0}
    canvas.draw(Stroke([(50 + 6 * i, 100), (450 - 6 * i, 400)], **pen))
    canvas.undo()
    canvas.redo()
"""


@pytest.fixture
def easel(open_notebook):
    notebook = open_notebook([CELL, BLOCK])
    notebook.run_cell(0)
    return Easel(notebook)


def three_lines(easel):
    for y in (100, 200, 300):
        easel.stroke((60, y), (200, y), (400, y))


def test_strokes_arrive_in_order_and_stand_on_screen(easel):
    three_lines(easel)
    easel.settle()
    heights = [round(float(stroke.points[0, 1])) for stroke in easel.sketch().strokes]
    assert heights == [100, 200, 300]
    screen = easel.screen()
    assert all(is_dark(screen, 150, y) for y in (100, 200, 300))
    assert is_white(screen, 150, 150)


def test_the_screen_shows_what_the_kernel_holds(easel):
    easel.stroke((50, 50), (300, 400), (450, 80))
    easel.press("Eraser (E)")
    easel.stroke((40, 200), (480, 210))
    easel.settle()
    kernel = rasterise(easel.sketch()).on_white().pixels.astype(int)
    assert np.abs(kernel - easel.screen()).max() <= 1


def test_the_ink_has_the_shape_that_the_kernel_draws(easel):
    easel.notebook.execute("canvas._ink.size_px = 24.0; canvas._ink.smoothing = False")
    easel.page.wait_for_function("document.querySelector('.sketchlab-toolbar input[type=number]').value === '24'")
    easel.stroke((60, 60), (200, 320), (420, 90), (300, 300), up=False)
    ink = easel.screen()
    easel.page.mouse.up()
    easel.settle()
    kernel = easel.screen()
    inked, drawn = ink.mean(2) < 128, kernel.mean(2) < 128
    assert np.abs(ink - kernel).mean() <= 2
    assert (inked & drawn).sum() / (inked | drawn).sum() >= 0.99


def test_undo_redo_and_clear(easel):
    three_lines(easel)
    easel.press("Undo (Ctrl+Z)")
    easel.settle()
    assert easel.count() == 2
    assert is_white(easel.screen(), 150, 300)
    easel.press("Redo (Ctrl+Shift+Z)")
    easel.settle()
    assert easel.count() == 3
    assert is_dark(easel.screen(), 150, 300)
    easel.press("Clear the sketch")
    easel.settle()
    assert easel.count() == 0
    assert easel.screen().min() > 250


def test_a_page_reload_shows_the_same(easel):
    three_lines(easel)
    easel.press("Undo (Ctrl+Z)")
    easel.settle()
    before = easel.screen()
    easel.notebook.reload()
    after = Easel(easel.notebook)
    after.wait_for_screen(before)
    after.press("Redo (Ctrl+Shift+Z)")
    after.settle()
    assert is_dark(after.screen(), 150, 300)


def test_tool_colour_and_size_survive_a_reload(easel):
    easel.press("Red")
    easel.page.get_by_label("Size in pixels, as a number").fill("17")
    easel.page.keyboard.press("Enter")
    easel.press("Eraser (E)")
    easel.notebook.wait_for("[canvas._ink.tool, canvas._ink.colour, canvas._ink.size_px]", ["eraser", "#d93025", 17])
    easel.notebook.reload()
    Easel(easel.notebook)
    page = easel.page
    assert page.get_by_role("button", name="Eraser (E)", exact=True).get_attribute("aria-pressed") == "true"
    assert page.get_by_role("button", name="Red", exact=True).get_attribute("aria-pressed") == "true"
    assert page.get_by_label("Size in pixels, as a number").input_value() == "17"


def test_a_blocked_kernel_loses_and_reorders_nothing(easel):
    easel.stroke((60, 40), (400, 40))
    easel.settle()
    blocked = int(easel.state("revision")) + 2
    easel.notebook.run_cell(1, wait=False)
    easel.page.wait_for_function(f"document.querySelector('.sketchlab-surface').dataset.revision === '{blocked}'")
    three_lines(easel)
    easel.press("Undo (Ctrl+Z)")
    easel.stroke((60, 350), (400, 350))
    screen = easel.screen()
    easel.page.wait_for_function("document.querySelector('.sketchlab-status').textContent.includes('5 changes wait')")
    assert all(is_dark(screen, 150, y) for y in (40, 100, 200, 350))
    assert is_white(screen, 150, 300)
    easel.settle()
    heights = [round(float(stroke.points[0, 1])) for stroke in easel.sketch().strokes]
    assert heights == [40, 100, 200, 350]
    easel.page.wait_for_function("document.querySelector('.sketchlab-status').textContent === ''")
    easel.wait_for_screen(rasterise(easel.sketch()).on_white().pixels)


@pytest.fixture
def wire(page):
    return Wire(page)


@pytest.mark.parametrize("marker", [b'"kind":"op"', b'"kind": "ack"'], ids=["stroke", "ack"])
def test_a_lost_message_is_sent_again_and_applied_once(wire, easel, marker):
    wire.lose = lambda frame: marker in frame.replace(b'"kind":"ack"', b'"kind": "ack"') and len(wire.lost) < 1
    three_lines(easel)
    easel.settle()
    assert len(wire.lost) == 1
    heights = [round(float(stroke.points[0, 1])) for stroke in easel.sketch().strokes]
    assert heights == [100, 200, 300]


def test_what_python_picks_comes_to_a_page_whose_own_pick_is_still_on_its_way(wire, easel):
    wire.lose = lambda frame: b'"tool":"polygon"' in frame
    easel.key("p")
    easel.page.wait_for_function(f"{easel._surface}.dataset.tool === 'polygon'")
    easel.notebook.execute("canvas._ink.post(tool='brush')")
    easel.page.wait_for_function(f"{easel._surface}.dataset.tool === 'brush'", timeout=5000)
    easel.stroke((60, 100), (400, 100))
    easel.settle()
    assert easel.count() == 1


def test_a_cut_connection_loses_nothing(wire, easel):
    easel.stroke((60, 40), (400, 40))
    easel.settle()
    wire.cut()
    three_lines(easel)
    screen = easel.screen()
    assert all(is_dark(screen, 150, y) for y in (100, 200, 300))
    wire.is_cut = False
    easel.page.wait_for_function("document.querySelector('.sketchlab-surface').dataset.ink === '0'", timeout=40_000)
    assert [round(float(stroke.points[0, 1])) for stroke in easel.sketch().strokes] == [40, 100, 200, 300]
    easel.wait_for_screen(rasterise(easel.sketch()).on_white().pixels)


def test_keys_work_on_the_canvas_and_do_not_leak_into_jupyterlab(easel):
    easel.stroke((60, 100), (400, 100))
    easel.settle()
    cells = easel.page.locator(".jp-Cell").count()
    for key in ("e", "]", "]", "b", "a", "x", "d", "d", "Control+z"):
        easel.page.keyboard.press(key)
    easel.settle()
    assert easel.count() == 0
    easel.page.keyboard.press("Control+Shift+z")
    easel.notebook.wait_for("len(canvas.sketch.strokes)", 1)
    assert easel.page.locator(".jp-Cell").count() == cells
    assert easel.page.get_by_role("button", name="Brush (B)", exact=True).get_attribute("aria-pressed") == "true"
    assert easel.page.get_by_label("Size in pixels, as a number").input_value() == "8"
    easel.page.get_by_role("button", name="Eraser (E)", exact=True).click()
    for key in ("a", "m", "d", "d"):
        easel.page.keyboard.press(key)
    assert easel.page.locator(".jp-Cell").count() == cells
    assert easel.page.locator(".jp-MarkdownCell").count() == 0


def test_escape_drops_the_stroke_under_the_pen(easel):
    easel.stroke((60, 100), (400, 100), up=False)
    easel.page.keyboard.press("Escape")
    easel.page.mouse.up()
    assert easel.screen().min() > 250
    easel.stroke((60, 200), (400, 200))
    easel.settle()
    assert easel.count() == 1


def test_a_pen_draws_with_its_pressure(easel):
    session = easel.page.context.new_cdp_session(easel.page)
    rows = [("mousePressed", 60, 0.2), ("mouseMoved", 200, 0.6), ("mouseMoved", 400, 1.0), ("mouseReleased", 400, 0.0)]
    for kind, x, force in rows:
        left, top = easel.at(x, 100)
        pen = {"pointerType": "pen", "button": "left", "buttons": 1, "clickCount": 1, "force": force}
        session.send("Input.dispatchMouseEvent", {"type": kind, "x": left, "y": top, **pen})
    easel.settle()
    pressures = easel.sketch().strokes[0].points[:, 2]
    assert np.allclose(pressures[:3], [0.2, 0.6, 1.0], atol=0.02), pressures


def test_a_refused_stroke_is_said_in_words(easel):
    easel.notebook.execute("canvas._ink.colour = 'red'")
    easel.page.wait_for_function("document.querySelectorAll('.sketchlab-swatch[aria-pressed=true]').length === 0")
    easel.stroke((60, 100), (400, 100))
    easel.page.wait_for_function("document.querySelector('.sketchlab-status').textContent.includes('#rrggbb')")
    easel.settle()
    easel.press("Blue")
    easel.stroke((60, 200), (400, 200))
    easel.settle()
    assert easel.count() == 1
    assert easel.page.locator(".sketchlab-status").inner_text().strip() == ""


def test_python_draws_on_the_screen_too(easel):
    easel.notebook.execute("from lab.core import Sketch\ncanvas.sketch = Sketch().circle(256, 256, 100, size_px=10)")
    easel.wait_for_screen(rasterise(easel.sketch()).on_white().pixels)


def test_a_burst_of_changes_ends_with_the_right_picture(easel):
    easel.notebook.execute(BURST)
    easel.wait_for_screen(rasterise(easel.sketch()).on_white().pixels)
    assert easel.count() == 60


def test_two_views_show_the_same_and_both_draw(open_notebook):
    notebook = open_notebook([CELL, "canvas"])
    notebook.run_all()
    notebook.page.locator(".sketchlab-surface").nth(1).wait_for()
    easel = Easel(notebook)
    easel.stroke((60, 60), (400, 60))
    easel.settle()
    other = Easel(notebook, view=1)
    other.stroke((60, 200), (400, 200))
    other.settle()
    assert easel.count() == 2
    assert is_dark(easel.screen(), 150, 200)
    other.wait_for_screen(easel.screen())
