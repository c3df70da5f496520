"""Nothing is ever lost: reloads with strokes on their way, cut connections, a blocked kernel, all at once."""

import numpy as np
import pytest

from lab.core import rasterise
from tests.browser.page_canvas import ONE_TO_ONE, PageCanvas
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser
KERNEL = "python3"  # JupyterLab's own, no fork: one is blocked and started again

CELL = f"""from ipywidgets import Layout
from widgets.canvas.sketch_canvas import SketchCanvas
canvas = SketchCanvas()
canvas.layout = Layout({ONE_TO_ONE})
canvas"""
KEPT = f"""from pathlib import Path
from ipywidgets import Layout
from lab.gallery.autosave import Autosave
from widgets.canvas.sketch_canvas import SketchCanvas
canvas = SketchCanvas(history=Autosave(Path({{folder!r}})).history("drawing"))
canvas.layout = Layout({ONE_TO_ONE})
canvas"""
STROKES = 300
# Strokes as fast as the browser can: each is told apart by where it begins.
SCRIBBLE = """([first, count]) => {
  const surface = document.querySelector(".sketchlab-surface");
  const { left, top } = surface.getBoundingClientRect();
  const [scale, x, y] = surface.dataset.view.split(" ").map(Number);
  surface.setPointerCapture = () => {};
  for (let number = first; number < first + count; number++) {
    const at = [10 + 1.5 * number, 20 + 5 * (number % 90)];
    const move = "pointerrawupdate";
    for (const [kind, step] of [["pointerdown", 0], [move, 9], [move, 18], ["pointerup", 18]]) {
      const place = { clientX: left + x + (at[0] + step) * scale, clientY: top + y + at[1] * scale };
      const pen = { pointerId: 7, pointerType: "pen", pressure: 0.5, button: 0, buttons: 1, bubbles: true };
      surface.dispatchEvent(new PointerEvent(kind, { ...pen, ...place }));
    }
  }
}"""


@pytest.fixture
def wire(page):
    return Wire(page)


@pytest.fixture
def surface(wire, open_notebook):
    assert not wire.sockets  # it listens before the page is opened
    notebook = open_notebook([CELL, "import time; time.sleep(4)"])
    notebook.run_cell(0)
    return PageCanvas(notebook)


def begins(surface):
    return surface.notebook.value("[round(float(s.points[0][0]), 1) for s in canvas.sketch.strokes]", timeout_s=60)


def test_strokes_that_were_on_their_way_survive_a_reload_of_the_page(wire, surface):
    surface.stroke((60, 40), (400, 40))
    surface.settle()
    wire.lose = lambda frame: b'"kind":"op"' in frame
    for y in (100, 200):
        surface.stroke((60, y), (400, y))
    wire.lose = lambda _frame: False
    surface.notebook.reload()
    after = PageCanvas(surface.notebook)
    after.settle()
    assert after.heights() == [40, 100, 200]
    after.stroke((60, 300), (400, 300))
    after.settle()
    assert after.heights() == [40, 100, 200, 300]
    assert np.abs(after.screen() - rasterise(after.sketch()).on_white().pixels.astype(int)).max() <= 1


def test_strokes_drawn_while_the_kernel_died_are_there_when_the_cell_runs_again(wire, open_notebook, tmp_path):
    notebook = open_notebook([KEPT.format(folder=str(tmp_path))])
    notebook.run_cell(0)
    surface = PageCanvas(notebook)
    surface.stroke((60, 40), (400, 40))
    surface.settle()
    wire.lose = lambda frame: b'"kind":"op"' in frame
    for y in (100, 200):
        surface.stroke((60, y), (400, y))
    notebook.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    wire.lose = lambda _frame: False
    notebook.run_cell(0)
    after = PageCanvas(notebook)
    after.settle()
    assert after.heights() == [40, 100, 200]
    after.wait_for_screen(rasterise(after.sketch()).on_white().pixels)


def test_three_hundred_strokes_through_cuts_and_a_blocked_kernel_all_arrive_in_order_once(wire, surface):
    """Five cuts and two blocks of four seconds, each longer than a page waits before it sends again."""
    batch = STROKES // 15
    for number in range(15):
        if number in (2, 9):
            surface.notebook.run_cell(1, wait=False)
        surface.page.evaluate(SCRIBBLE, [number * batch, batch])
        if number % 3 == 1:
            wire.cut()
        if number % 3 == 2:
            wire.is_cut = False
    surface.settle(timeout_ms=300_000)
    assert begins(surface) == [10 + 1.5 * number for number in range(STROKES)]
    surface.wait_for_screen(rasterise(surface.sketch()).on_white().pixels)
