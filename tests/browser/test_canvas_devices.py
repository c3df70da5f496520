"""Pens, palms, sharp screens, narrow cells and a second browser tab, in a real JupyterLab."""

import numpy as np
import pytest

from bench._jupyterlab import Notebook
from lab.core import Size, rasterise
from tests.browser.page_canvas import ONE_TO_ONE, PageCanvas

pytestmark = pytest.mark.browser

CELL = f"""from ipywidgets import Layout
from widgets.canvas.sketch_canvas import SketchCanvas
canvas = SketchCanvas()
canvas.ink.smoothing = False
canvas.layout = Layout({ONE_TO_ONE})
canvas"""


@pytest.fixture
def surface(notebook):
    """A canvas of its own in the one notebook: the cell runs again."""
    notebook.run_cell(0)
    return PageCanvas(notebook)


def pen(surface, session, *rows):
    """A pen that goes through (kind, x, y, force)."""
    for kind, x, y, force in rows:
        left, top = surface.at(x, y)
        how = {"pointerType": "pen", "button": "left", "buttons": 1, "clickCount": 1, "force": force}
        session.send("Input.dispatchMouseEvent", {"type": kind, "x": left, "y": top, **how})


def test_a_pen_sets_size_or_opacity_and_afterwards_a_palm_draws_nothing(surface):
    session = surface.page.context.new_cdp_session(surface.page)
    surface.press("More settings of the brush")
    surface.page.get_by_label("Pen pressure sets the size").uncheck()
    surface.page.get_by_label("The firmest pressure sets the opacity of a stroke").check()
    surface.press("More settings of the brush")
    pen(surface, session, ("mousePressed", 60, 100, 0.2), ("mouseMoved", 400, 100, 0.5), ("mouseReleased", 400, 100, 0))
    surface.settle()
    stroke = surface.sketch().strokes[0]
    assert stroke.opacity == pytest.approx(0.5, abs=0.01)
    assert stroke.points[:, 2].tolist() == [1.0] * len(stroke.points)
    assert 120 <= surface.colour(200, 100)[0] <= 135
    x, y = surface.at(200, 300)
    for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchMove", [{"x": x + 99, "y": y}]), ("touchEnd", [])):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    surface.settle()
    assert surface.count() == 1
    assert surface.colour(250, 300) == [255, 255, 255]


def test_a_sharp_screen_shows_sharp_strokes(lab_server, browser, kernel):
    context = browser.new_context(viewport={"width": 1400, "height": 900}, device_scale_factor=2)
    page = context.new_page()
    page.set_default_timeout(40_000)
    notebook = Notebook.open(lab_server, page, [CELL], kernel=kernel)
    notebook.run_all()
    surface = PageCanvas(notebook)
    notebook.wait_for("canvas.ink.density", 2)
    surface.stroke((60, 60), (400, 300))
    surface.settle()
    expected = rasterise(surface.sketch(), Size(1024, 1024)).on_white().pixels
    surface.wait_for_screen(expected)
    notebook.close()
    context.close()


@pytest.mark.parametrize("width", [300, 900])
def test_the_canvas_follows_the_width_that_it_is_given(surface, width):
    surface.notebook.execute(f"canvas.layout = Layout(width='{width + 4}px', max_width='none')")
    surface.page.wait_for_function(f"Math.round({surface._surface}.getBoundingClientRect().width) === {width}")
    surface.page.wait_for_function(f"Math.abs({surface._surface}.dataset.view.split(' ')[0] - {width / 512}) < 1e-6")
    surface.stroke((60, 60), (400, 300))
    surface.settle()
    points = surface.sketch().strokes[0].points
    assert np.allclose(points[[0, -1], :2], [[60, 60], [400, 300]], atol=2)
    assert max(surface.colour(230, 180)) < 60


def test_a_second_browser_tab_shows_the_same_and_draws_too(surface, browser):
    surface.stroke((60, 60), (400, 60))
    surface.settle()
    surface.notebook.command("docmanager:save")
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(40_000)
    server, path = surface.notebook.server, surface.page.url.split("/tree/")[1].split("?")[0]
    page.goto(f"{server.url}lab/workspaces/second/tree/{path}?reset&token={server.token}")
    second = Notebook(server, page)
    second.wait_until_ready()
    other = PageCanvas(second)
    other.wait_for_screen(rasterise(surface.sketch()).on_white().pixels)
    other.stroke((60, 200), (400, 200))
    other.settle()
    assert surface.count() == 2
    surface.wait_for_screen(rasterise(surface.sketch()).on_white().pixels)
    context.close()
