"""The mask painter in a real JupyterLab: what is painted is in the mask, and its colour lies over the picture."""

import numpy as np
import pytest

from tests.browser.page_canvas import ONE_TO_ONE, PageCanvas

pytestmark = pytest.mark.browser

CELL = f"""from ipywidgets import Layout
from lab.core import Mask
from widgets.canvas.mask_painter import MaskPainter
import numpy as np
picture = np.full((512, 512, 3), 255, np.uint8)
picture[:, :256] = (20, 160, 60)
painter = MaskPainter(picture)
painter.layout = Layout({ONE_TO_ONE})
painter"""
GREEN, WHITE = [20, 160, 60], [255, 255, 255]
RED_OVER_GREEN, RED_OVER_WHITE = [149, 104, 53], [255, 147, 141]


@pytest.fixture
def surface(notebook):
    notebook.execute("painter.mask = Mask(np.zeros((512, 512), np.uint8))")
    surface = PageCanvas(notebook)
    surface.wait_until_shown("painter")
    surface.key("b", "0")
    return surface


def masked(surface, x, y):
    surface.settle()
    return surface.notebook.value(f"int(painter.mask.pixels[{y}, {x}])")


def near(found, expected):
    return np.abs(np.array(found) - expected).max() <= 2


def test_paint_and_erase_while_and_after_the_gesture(surface):
    surface.stroke((100, 200), (400, 200), up=False)
    assert near(surface.colour(150, 200), RED_OVER_GREEN)
    surface.page.mouse.up()
    assert (masked(surface, 150, 200), masked(surface, 150, 300)) == (255, 0)
    assert near(surface.colour(350, 200), RED_OVER_WHITE)
    assert near(surface.colour(350, 300), WHITE)
    surface.key("e")
    surface.stroke((150, 150), (150, 260), up=False)
    assert near(surface.colour(150, 200), GREEN)
    surface.page.mouse.up()
    assert masked(surface, 150, 200) == 0
    assert near(surface.colour(150, 200), GREEN)


def test_painting_over_paint_does_not_show_it_twice(surface):
    surface.stroke((100, 200), (400, 200))
    surface.stroke((200, 100), (200, 300), up=False)
    assert near(surface.colour(200, 200), RED_OVER_GREEN)
    surface.page.mouse.up()


def test_invert_clear_and_undo(surface):
    surface.stroke((100, 200), (400, 200))
    surface.press("Mask what is not masked")
    assert (masked(surface, 150, 200), masked(surface, 150, 300)) == (0, 255)
    assert near(surface.colour(150, 300), RED_OVER_GREEN)
    surface.press("Clear the mask")
    assert masked(surface, 150, 300) == 0
    surface.press("Undo (Ctrl+Z)")
    assert masked(surface, 150, 300) == 255
    surface.press("Clear the mask")
    surface.press("Bring the previous mask back")
    assert masked(surface, 150, 300) == 255
    assert near(surface.colour(150, 300), RED_OVER_GREEN)


def test_the_wand_takes_a_colour_and_the_box_keeps_a_part_of_it(surface):
    surface.key("w")
    tolerance = surface.page.get_by_label("Tolerance: how different a colour may be")
    toolbar = surface.page.get_by_role("toolbar", name="Drawing tools")
    assert toolbar.get_by_text("Tolerance", exact=True).is_visible(), "beside the tool, not in the drawer of the brush"
    tolerance.fill("9")
    surface.click(100, 100)
    surface.notebook.wait_for("int(painter.mask.pixels[400, 100])", 255)
    assert surface.notebook.value("painter.ink.tolerance") == 9
    assert masked(surface, 400, 100) == 0
    surface.key("r")
    surface.page.get_by_label("What areas do").select_option("intersect")
    surface.stroke((50, 50), (200, 200))
    assert (masked(surface, 100, 100), masked(surface, 100, 400)) == (255, 0)
    assert near(surface.colour(100, 400), GREEN)
    surface.page.get_by_label("What areas do").select_option("add")


def test_a_box_drawn_with_the_wand_selects_what_stands_out_in_it(surface):
    surface.notebook.execute(
        "scene = np.full((512, 512, 3), 240, np.uint8)\nscene[200:300, 150:300] = (30, 60, 160)\n"
        "painter.background = scene"
    )
    surface.wait_until_shown("painter")
    surface.key("w")
    surface.stroke((100, 150), (350, 350), up=False)
    surface.page.mouse.up()
    surface.notebook.wait_for("int(painter.mask.pixels[250, 200])", 255)
    assert (masked(surface, 120, 170), masked(surface, 400, 400)) == (0, 0)
    surface.notebook.execute("painter.background = picture")


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("Make the mask wider", 255),
        ("Let the mask fade outside its edge", range(1, 255)),
        ("Make the mask narrower", 0),
    ],
)
def test_the_edge_moves_by_so_many_pixels(surface, button, expected):
    surface.stroke((100, 200), (400, 200))
    place = (250, 227) if "narrower" not in button else (250, 219)
    surface.press(button)
    found = masked(surface, *place)
    assert found in expected if isinstance(expected, range) else found == expected


def test_the_colour_of_the_overlay_is_not_part_of_the_mask(surface):
    surface.stroke((100, 200), (400, 200))
    surface.settle()
    surface.notebook.execute("painter.ink.post(overlay_colour='#0000ff', overlay_opacity=1.0)")
    surface.page.wait_for_function(
        "document.querySelector('[aria-label=\"Colour in which the mask is shown\"]').value === '#0000ff'"
    )
    assert near(surface.colour(150, 200), [0, 0, 255])
    assert masked(surface, 150, 200) == 255
    surface.notebook.execute("painter.ink.post(overlay_colour='#ff3b30', overlay_opacity=0.55)")


def test_a_reload_brings_picture_mask_and_undo_back(surface):
    surface.stroke((100, 200), (400, 200))
    surface.press("Mask what is not masked")
    surface.settle()
    before = surface.screen()
    surface.notebook.reload()
    after = PageCanvas(surface.notebook)
    after.wait_for_screen(before)
    after.press("Undo (Ctrl+Z)")
    assert (masked(after, 150, 200), masked(after, 150, 300)) == (255, 0)
