"""The sketch canvas in a real JupyterLab: what is drawn arrives, stands on screen, and outlives whatever happens."""

import numpy as np
import pytest

from lab.core import rasterise
from tests.browser.page_canvas import ONE_TO_ONE, PageCanvas, is_dark, is_white
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser

CELL = f"""from ipywidgets import Layout
from widgets.canvas.sketch_canvas import SketchCanvas
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
def surface(notebook):
    """A canvas of its own in the one notebook: the cell runs again."""
    notebook.run_cell(0)
    return PageCanvas(notebook)


def three_lines(surface):
    for y in (100, 200, 300):
        surface.stroke((60, y), (200, y), (400, y))


def test_strokes_arrive_in_order_and_stand_on_screen(surface):
    three_lines(surface)
    surface.settle()
    heights = [round(float(stroke.points[0, 1])) for stroke in surface.sketch().strokes]
    assert heights == [100, 200, 300]
    screen = surface.screen()
    assert all(is_dark(screen, 150, y) for y in (100, 200, 300))
    assert is_white(screen, 150, 150)


def test_the_screen_shows_what_the_kernel_holds(surface):
    surface.stroke((50, 50), (300, 400), (450, 80))
    surface.press("Eraser (E)")
    surface.stroke((40, 200), (480, 210))
    surface.settle()
    kernel = rasterise(surface.sketch()).on_white().pixels.astype(int)
    assert np.abs(kernel - surface.screen()).max() <= 1


def test_the_ink_has_the_shape_that_the_kernel_draws(surface):
    surface.notebook.execute("canvas.ink.size_px = 24.0; canvas.ink.smoothing = False")
    surface.page.wait_for_function("document.querySelector('.sketchlab-toolbar input[type=number]').value === '24'")
    surface.stroke((60, 60), (200, 320), (420, 90), (300, 300), up=False)
    ink = surface.screen()
    surface.page.mouse.up()
    surface.settle()
    kernel = surface.screen()
    inked, drawn = ink.mean(2) < 128, kernel.mean(2) < 128
    assert np.abs(ink - kernel).mean() <= 2
    assert (inked & drawn).sum() / (inked | drawn).sum() >= 0.99


def test_undo_redo_and_clear(surface):
    three_lines(surface)
    surface.press("Undo (Ctrl+Z)")
    surface.settle()
    assert surface.count() == 2
    assert is_white(surface.screen(), 150, 300)
    surface.press("Redo (Ctrl+Shift+Z)")
    surface.settle()
    assert surface.count() == 3
    assert is_dark(surface.screen(), 150, 300)
    surface.press("Clear the sketch")
    surface.settle()
    assert surface.count() == 0
    assert surface.screen().min() > 250


def test_a_page_reload_shows_the_same(surface):
    three_lines(surface)
    surface.press("Undo (Ctrl+Z)")
    surface.settle()
    before = surface.screen()
    surface.notebook.reload()
    after = PageCanvas(surface.notebook)
    after.wait_for_screen(before)
    after.press("Redo (Ctrl+Shift+Z)")
    after.settle()
    assert is_dark(after.screen(), 150, 300)


def test_tool_colour_and_size_survive_a_reload(surface):
    surface.press("Red")
    surface.page.get_by_label("Size in pixels, as a number").fill("17")
    surface.page.keyboard.press("Enter")
    surface.press("Eraser (E)")
    surface.notebook.wait_for("[canvas.ink.tool, canvas.ink.colour, canvas.ink.size_px]", ["eraser", "#d93025", 17])
    surface.notebook.reload()
    PageCanvas(surface.notebook)
    page = surface.page
    assert page.get_by_role("button", name="Eraser (E)", exact=True).get_attribute("aria-pressed") == "true"
    assert page.get_by_role("button", name="Red", exact=True).get_attribute("aria-pressed") == "true"
    assert page.get_by_label("Size in pixels, as a number").input_value() == "17"


def test_a_blocked_kernel_loses_and_reorders_nothing(surface):
    surface.stroke((60, 40), (400, 40))
    surface.settle()
    blocked = int(surface.state("revision")) + 2
    surface.notebook.execute(BLOCK, wait=False)
    surface.page.wait_for_function(f"document.querySelector('.sketchlab-surface').dataset.revision === '{blocked}'")
    three_lines(surface)
    surface.press("Undo (Ctrl+Z)")
    surface.stroke((60, 350), (400, 350))
    screen = surface.screen()
    surface.page.wait_for_function("document.querySelector('.sketchlab-status').textContent.includes('5 changes wait')")
    assert all(is_dark(screen, 150, y) for y in (40, 100, 200, 350))
    assert is_white(screen, 150, 300)
    surface.settle()
    heights = [round(float(stroke.points[0, 1])) for stroke in surface.sketch().strokes]
    assert heights == [40, 100, 200, 350]
    surface.page.wait_for_function("document.querySelector('.sketchlab-status').textContent === ''")
    surface.wait_for_screen(rasterise(surface.sketch()).on_white().pixels)


@pytest.fixture(scope="module")
def held(notebook_of):
    """A notebook that was opened with a hand on the wire, and the wire."""
    wires = []
    return notebook_of([CELL], lambda page: wires.append(Wire(page))), *wires


@pytest.fixture
def wire(held):
    held[1].lost.clear()
    return held[1]


@pytest.fixture
def wired(held):
    """A canvas of its own on that wire: the cell runs again."""
    held[0].run_cell(0)
    return PageCanvas(held[0])


@pytest.mark.parametrize("marker", [b'"kind":"op"', b'"kind": "ack"'], ids=["stroke", "ack"])
def test_a_lost_message_is_sent_again_and_applied_once(wire, wired, marker):
    wire.lose = lambda frame: marker in frame.replace(b'"kind":"ack"', b'"kind": "ack"') and len(wire.lost) < 1
    three_lines(wired)
    wired.settle()
    wire.lose = lambda _frame: False
    assert len(wire.lost) == 1
    heights = [round(float(stroke.points[0, 1])) for stroke in wired.sketch().strokes]
    assert heights == [100, 200, 300]


def test_a_cut_connection_loses_nothing(wire, wired):
    wired.stroke((60, 40), (400, 40))
    wired.settle()
    wire.cut()
    three_lines(wired)
    screen = wired.screen()
    assert all(is_dark(screen, 150, y) for y in (100, 200, 300))
    wire.is_cut = False
    wired.page.wait_for_function("document.querySelector('.sketchlab-surface').dataset.ink === '0'", timeout=40_000)
    assert [round(float(stroke.points[0, 1])) for stroke in wired.sketch().strokes] == [40, 100, 200, 300]
    wired.wait_for_screen(rasterise(wired.sketch()).on_white().pixels)


def test_what_python_picks_comes_to_a_page_whose_own_pick_is_still_on_its_way(wire, wired):
    """The last one on this wire: the page goes on waiting for the kernel to take what was lost."""
    wire.lose = lambda frame: b'"tool":"polygon"' in frame
    wired.key("p")
    wired.page.wait_for_function(f"{wired._surface}.dataset.tool === 'polygon'")
    wired.notebook.execute("canvas.ink.post(tool='brush')")
    wired.page.wait_for_function(f"{wired._surface}.dataset.tool === 'brush'", timeout=5000)
    wired.stroke((60, 100), (400, 100))
    wired.settle()
    assert wired.count() == 1


def test_keys_work_on_the_canvas_and_do_not_leak_into_jupyterlab(surface):
    surface.stroke((60, 100), (400, 100))
    surface.settle()
    cells = surface.page.locator(".jp-Cell").count()
    for key in ("e", "]", "]", "b", "a", "x", "d", "d", "Control+z"):
        surface.page.keyboard.press(key)
    surface.settle()
    assert surface.count() == 0
    surface.page.keyboard.press("Control+Shift+z")
    surface.notebook.wait_for("len(canvas.sketch.strokes)", 1)
    assert surface.page.locator(".jp-Cell").count() == cells
    assert surface.page.get_by_role("button", name="Brush (B)", exact=True).get_attribute("aria-pressed") == "true"
    assert surface.page.get_by_label("Size in pixels, as a number").input_value() == "8"
    surface.page.get_by_role("button", name="Eraser (E)", exact=True).click()
    for key in ("a", "m", "d", "d"):
        surface.page.keyboard.press(key)
    assert surface.page.locator(".jp-Cell").count() == cells
    assert surface.page.locator(".jp-MarkdownCell").count() == 0


def test_escape_drops_the_stroke_under_the_pen(surface):
    surface.stroke((60, 100), (400, 100), up=False)
    surface.page.keyboard.press("Escape")
    surface.page.mouse.up()
    assert surface.screen().min() > 250
    surface.stroke((60, 200), (400, 200))
    surface.settle()
    assert surface.count() == 1


def test_a_pen_draws_with_its_pressure(surface):
    session = surface.page.context.new_cdp_session(surface.page)
    rows = [("mousePressed", 60, 0.2), ("mouseMoved", 200, 0.6), ("mouseMoved", 400, 1.0), ("mouseReleased", 400, 0.0)]
    for kind, x, force in rows:
        left, top = surface.at(x, 100)
        pen = {"pointerType": "pen", "button": "left", "buttons": 1, "clickCount": 1, "force": force}
        session.send("Input.dispatchMouseEvent", {"type": kind, "x": left, "y": top, **pen})
    surface.settle()
    pressures = surface.sketch().strokes[0].points[:, 2]
    assert np.allclose(pressures[:3], [0.2, 0.6, 1.0], atol=0.02), pressures


def test_a_refused_stroke_is_said_in_words(surface):
    surface.notebook.execute("canvas.ink.colour = 'red'")
    surface.page.wait_for_function("document.querySelectorAll('.sketchlab-swatch[aria-pressed=true]').length === 0")
    surface.stroke((60, 100), (400, 100))
    surface.page.wait_for_function("document.querySelector('.sketchlab-status').textContent.includes('#rrggbb')")
    surface.settle()
    surface.press("Blue")
    surface.stroke((60, 200), (400, 200))
    surface.settle()
    assert surface.count() == 1
    assert surface.page.locator(".sketchlab-status").inner_text().strip() == ""


def test_python_draws_on_the_screen_too(surface):
    surface.notebook.execute("from lab.core import Sketch\ncanvas.sketch = Sketch().circle(256, 256, 100, size_px=10)")
    surface.wait_for_screen(rasterise(surface.sketch()).on_white().pixels)


def test_a_burst_of_changes_ends_with_the_right_picture(surface):
    surface.notebook.execute(BURST)
    surface.wait_for_screen(rasterise(surface.sketch()).on_white().pixels)
    assert surface.count() == 60


def test_two_views_show_the_same_and_both_draw(surface):
    write = "code => window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.setSource(code)"
    surface.page.evaluate(write, "canvas")
    surface.notebook.run_cell(1)
    surface.page.locator(".sketchlab-surface").nth(1).wait_for()
    surface.stroke((60, 60), (400, 60))
    surface.settle()
    other = PageCanvas(surface.notebook, view=1)
    other.stroke((60, 200), (400, 200))
    other.settle()
    assert surface.count() == 2
    assert is_dark(surface.screen(), 150, 200)
    other.wait_for_screen(surface.screen())
