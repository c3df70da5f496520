"""The canvas without a pointer, and the wheel that is not its own, in a real JupyterLab."""

import numpy as np
import pytest

from tests.browser.page_canvas import TOOLS, blank, is_true, last_stroke

pytestmark = pytest.mark.browser
CELL = TOOLS


@pytest.fixture
def surface(notebook):
    return blank(notebook)


@pytest.mark.parametrize(("key", "name"), [("l", "line"), ("r", "rectangle"), ("o", "ellipse"), ("b", "brush")])
def test_shapes_are_drawn_by_the_keyboard_alone(surface, key, name):
    surface.key(key, "ArrowRight", "Shift+ArrowLeft", "Enter", "Shift+ArrowRight", "Shift+ArrowRight")
    surface.key("Shift+ArrowDown", "Space")
    stroke = last_stroke(surface)
    assert stroke.tool == "brush"
    assert np.allclose(stroke.points[:, :2].min(0), [236, 256], atol=0.1)
    assert np.allclose(stroke.points[:, :2].max(0), [276, 276], atol=0.1), name
    assert is_true(surface)
    surface.key("Escape")
    assert not surface.page.locator(".sketchlab-cross").is_visible()


def test_escape_drops_a_shape_of_the_keyboard_and_the_pointer_takes_over(surface):
    surface.key("r", "ArrowRight", "Enter", "Shift+ArrowRight", "Shift+ArrowDown", "Escape")
    surface.key("ArrowRight", "Enter", "Shift+ArrowRight")
    surface.stroke((100, 100), (200, 150))
    assert np.allclose(last_stroke(surface).points[:, :2].max(0), [200, 150], atol=0.6)
    assert surface.count() == 1


def test_the_wheel_alone_is_the_pages(surface):
    surface.key("b")  # the focus makes no difference
    before = surface.state("view")
    surface.page.evaluate(
        "() => { window.wheels = [];"
        " window.addEventListener('wheel', (event) => wheels.push(event.defaultPrevented)); }"
    )
    surface.page.mouse.move(*surface.at(400, 100))
    surface.page.mouse.wheel(0, 120)
    surface.page.wait_for_function("wheels.length === 1")
    assert surface.page.evaluate("wheels") == [False]
    assert surface.state("view") == before
    surface.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
