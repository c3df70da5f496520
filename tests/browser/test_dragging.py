"""Frames in a real JupyterLab: what mouse, finger and keys drag is what the sliders say, and the other way round."""

import numpy as np
import pytest

from tests.browser.page_canvas import PageCanvas

pytestmark = pytest.mark.browser

CELL = """import tempfile
import cv2
import numpy as np
from lab import Lab
from tests.fakes import ScriptedEngine
from widgets import Studio
def opened(task):
    studio = Studio(Lab(home=tempfile.mkdtemp(), engine=ScriptedEngine()), task)
    studio.live_button.value = False
    return studio
product = cv2.rectangle(np.full((200, 200, 3), 250, np.uint8), (60, 40), (139, 159), (20, 40, 160), -1)"""
SIDES = "[studio.panel.settings[name] for name in ('left', 'top', 'right', 'bottom')]"
PLACE = "[studio.panel.settings[name] for name in ('x', 'y', 'product_height')]"


@pytest.fixture
def studio(notebook):
    """`studio(task, give)` opens a Studio in the second cell, gives it pictures, and answers its last canvas."""

    def open_it(task, give):
        notebook.page.evaluate(
            "code => window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.setSource(code)",
            f"studio = opened({task!r})\nstudio",
        )
        notebook.run_cell(1)
        notebook.execute(give)
        notebook.wait_for("bool(studio.canvases[-1].ink.frame)")
        return PageCanvas(notebook, view=notebook.value("len(studio.canvases)") - 1)

    return open_it


def edges(surface):
    """Where the frame is on the screen, in pixels of the paper."""
    seen = surface.surface.locator(".sketchlab-frame").bounding_box()
    (left, top), scale = surface.at(0, 0), float(surface.state("view").split()[0])
    found = [seen["x"] - left, seen["y"] - top, seen["x"] + seen["width"] - left, seen["y"] + seen["height"] - top]
    return [round(edge / scale, 1) for edge in found]


def wait_for_edges(surface, expected, within=1.0):
    """Wait until the screen shows the frame there."""
    for _ in range(600):
        if np.allclose(found := edges(surface), expected, atol=within):
            return
        surface.page.wait_for_timeout(25)
    pytest.fail(f"the frame is at {found}, not at {expected}")


def handle(surface, name):
    return surface.surface.get_by_role("button", name=f"Drag the {name}", exact=True)


def pull(surface, name, dx, dy):
    """Drag a handle by so many pixels of the paper."""
    box = handle(surface, name).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    scale = float(surface.state("view").split()[0])
    mouse = surface.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + dx * scale, y + dy * scale, steps=6)
    mouse.up()


def test_sides_and_corners_of_a_growing_picture_are_dragged_and_follow_the_sliders(studio, notebook):
    surface = studio("outpaint", "studio.image = np.full((400, 500, 3), (90, 140, 60), np.uint8)")
    wait_for_edges(surface, [0, 0, 628, 400])
    pull(surface, "left side", -100, 30)
    notebook.wait_for(f"abs({SIDES}[0] - 100) <= 2 and {SIDES}[1:] == [0, 128, 0]")
    wait_for_edges(surface, [-notebook.value(f"{SIDES}[0]"), 0, 628, 400])
    pull(surface, "lower right corner", -300, 50)
    notebook.wait_for(f"{SIDES}[2] == 0 and abs({SIDES}[3] - 50) <= 2")
    notebook.execute("studio.panel.settings = {'left': 7, 'top': 20, 'right': 30, 'bottom': 0}")
    wait_for_edges(surface, [-7, -20, 530, 400])
    assert notebook.value("studio.canvas.sketch.is_empty"), "the pen drew nothing meanwhile"
    recipe = notebook.value("studio.request().recipe.settings")
    assert [recipe[name] for name in ("left", "top", "right", "bottom")] == [7, 20, 30, 0]


def test_a_side_is_moved_with_the_arrow_keys_and_the_notebook_hears_none_of_them(studio, notebook):
    surface = studio("outpaint", "studio.image = np.full((400, 500, 3), 90, np.uint8)")
    cells = notebook.page.locator(".jp-Cell").count()
    handle(surface, "right side").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight", "ArrowLeft", "d", "d"):
        notebook.page.keyboard.press(key)
    notebook.wait_for(f"{SIDES}", [0, 0, 139, 0])
    assert notebook.page.locator(".jp-Cell").count() == cells


def test_a_product_is_moved_and_scaled_on_its_scene(studio, notebook):
    surface = studio("product_shot", SCENE)
    box = notebook.value("studio.canvases[1].ink.frame['box']")
    wait_for_edges(surface, box)
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    surface.stroke(middle, (middle[0] + 60, middle[1] - 40))
    notebook.wait_for(f"np.allclose({PLACE}, [0.5 + 60 / 400, 0.85 - 40 / 300, 0.6], atol=0.01)")
    wait_for_edges(surface, [box[0] + 60, box[1] - 40, box[2] + 60, box[3] - 40], within=2)
    pull(surface, "upper left corner", (box[2] - box[0]) / 2, (box[3] - box[1]) / 2)
    notebook.wait_for(f"np.allclose({PLACE}[2], 0.3, atol=0.01)")
    assert notebook.value("studio.canvases[1].sketch.is_empty")
    surface.surface.locator(".sketchlab-frame:not(.sketchlab-frame-ahead)").wait_for()
    notebook.execute("studio.panel.settings = {'x': 0.5, 'y': 0.5, 'product_height': 0.5}")
    wait_for_edges(surface, notebook.value("studio.canvases[1].ink.frame['box']"))


def test_a_finger_moves_a_product_and_the_keys_do_too(studio, notebook):
    surface = studio("product_shot", SCENE)
    wait_for_edges(surface, notebook.value("studio.canvases[1].ink.frame['box']"))
    session = surface.page.context.new_cdp_session(surface.page)
    for kind, point in (("touchStart", (200, 200)), ("touchMove", (220, 200)), ("touchMove", (260, 200))):
        places = [dict(zip("xy", surface.at(*point), strict=True), id=0)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    notebook.wait_for(f"abs({PLACE}[0] - 0.65) < 0.01")
    x = notebook.value(f"{PLACE}[0]")
    surface.key("ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowUp", "+")
    notebook.wait_for(f"abs({PLACE}[0] - {x} + 11 / 400) < 0.01 and abs({PLACE}[1] - 0.85 + 10 / 300) < 0.01")
    notebook.wait_for(f"abs({PLACE}[2] - 0.6 * 1.02) < 0.005")


def test_the_light_is_turned_by_hand_by_keys_and_by_its_number(studio, notebook):
    studio("product_shot", SCENE)
    light = "studio.panel.settings['light_direction']"
    page, dial = notebook.page, notebook.page.get_by_role("slider", name="Light direction")
    dial.scroll_into_view_if_needed()
    box = dial.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y - 25)
    page.mouse.down()
    page.mouse.move(x + 25, y, steps=4)
    page.mouse.up()
    notebook.wait_for(light, 90)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    notebook.wait_for(light, 84)
    number = page.get_by_role("textbox", name="Light direction")
    number.fill("-60")
    number.press("Enter")
    notebook.wait_for(light, 300)
    notebook.execute("studio.panel.settings = {'light_direction': 45}")
    page.wait_for_function("face => face.ariaValueNow === '45'", arg=dial.element_handle())
    assert number.input_value() == "45"


def test_with_another_tool_the_frame_stays_and_the_pen_draws(studio, notebook):
    surface = studio("product_shot", SCENE)
    before = notebook.value(PLACE)
    surface.key("b")
    surface.stroke((150, 200), (250, 200))
    surface.settle()
    assert notebook.value("len(studio.canvases[1].sketch.strokes)") == 1
    assert notebook.value(PLACE) == before
    assert handle(surface, "upper left corner").count() == 0
    surface.key("v")
    assert handle(surface, "upper left corner").is_visible()


SCENE = "studio.image = product\nstudio.canvases[1].background = np.full((300, 400, 3), 90, np.uint8)"
