"""A grid at the end of a cell in a real JupyterLab: its cells fill, one is enlarged, and a reload shows the same."""

import pytest

pytestmark = pytest.mark.browser

CELL = """import tempfile
from lab import Lab, Recipe
from tests.fakes import ScriptedEngine
import widgets
engine = ScriptedEngine()
engine.gate.clear()
lab = Lab(home=tempfile.mkdtemp(), engine=engine)
grid = lab.grid(Recipe(prompt="<b>apple</b>"), x={"guidance_scale": [3, 5, 7]}, y={"seed": [1, 2]})
grid"""
STATES = """(states) => {
    const cells = [...document.querySelectorAll('.sketchlab-grid-cell')];
    return cells.map((cell) => cell.dataset.state).join() === states.join();
}"""


def test_cells_fill_and_what_is_cancelled_stays_empty(open_notebook, page):
    notebook = open_notebook([CELL, "1"])
    notebook.run_cell(0)
    page.wait_for_function(STATES, arg=["working", *5 * ["waiting"]])
    notebook.execute("list(grid.jobs.values())[1].cancel(); engine.gate.set()")
    page.get_by_text("5 of 6 drawn · 1 cancelled").wait_for()
    page.wait_for_function("document.querySelectorAll('.sketchlab-grid-picture[src]').length === 5")
    empty = page.locator(".sketchlab-grid-cell:not(:has([src]))")
    assert empty.inner_text() == "cancelled"
    page.locator(".sketchlab-grid-cell[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.sketchlab-sheet-large').naturalWidth === 16")
    assert page.locator(".sketchlab-sheet-large").get_attribute("alt") == "guidance_scale 3, seed 2"
    page.keyboard.press("Escape")
    notebook.reload()
    page.wait_for_function("document.querySelectorAll('.sketchlab-grid-picture[src]').length === 5")
    cells = page.evaluate("window.jupyterapp.shell.currentWidget.content.model.cells.length")
    assert cells == 2, "no key went to JupyterLab"
