"""Every tool and key of the canvas in a real JupyterLab: what Python has, and what the screen shows."""

import numpy as np
import pytest

from tests.browser.page_canvas import TOOLS, blank, is_true, last_stroke, set_up

pytestmark = pytest.mark.browser
CELL = TOOLS

WHITE, BLACK, RED = [255, 255, 255], [0, 0, 0], [217, 48, 37]


@pytest.fixture
def surface(notebook):
    return blank(notebook)


@pytest.mark.parametrize(
    ("key", "name", "inside", "outside"),
    [
        ("l", "line", (200, 200), (200, 120)),
        ("r", "rectangle", (100, 200), (200, 200)),
        ("o", "ellipse", (100, 200), (200, 200)),
    ],
)
def test_shapes_are_drawn_from_corner_to_corner(surface, key, name, inside, outside):
    surface.key(key)
    assert surface.state("tool") == name
    surface.stroke((100, 100), (300, 300), up=False)
    assert surface.colour(*inside) == BLACK
    surface.page.mouse.up()
    assert last_stroke(surface).shape == "line"
    assert (surface.colour(*inside), surface.colour(*outside)) == (BLACK, WHITE)
    assert is_true(surface)


@pytest.mark.parametrize("tool", ["rectangle", "ellipse"])
def test_shapes_can_be_filled_and_with_shift_they_are_square(surface, tool):
    set_up(surface, tool=tool, fill_shapes=True, colour="#d93025")
    surface.page.keyboard.down("Shift")
    surface.stroke((100, 100), (300, 220))
    surface.page.keyboard.up("Shift")
    stroke = last_stroke(surface)
    assert stroke.shape == "area"
    assert np.allclose(stroke.points[:, :2].max(0), [300, 300])
    assert (surface.colour(200, 200), surface.colour(310, 200)) == (RED, WHITE)
    assert is_true(surface)


def test_a_lasso_fills_what_it_goes_around(surface):
    surface.key("f")
    surface.stroke((100, 100), (300, 100), (300, 300), (100, 300))
    assert last_stroke(surface).shape == "area"
    assert (surface.colour(200, 200), surface.colour(90, 200)) == (BLACK, WHITE)
    assert is_true(surface)


@pytest.mark.parametrize("end", ["double click", "Enter", "first corner"])
def test_a_polygon_is_clicked_corner_by_corner(surface, end):
    surface.key("p")
    for corner in ((100, 100), (300, 120), (200, 300)):
        surface.click(*corner)
    if end == "Enter":
        surface.page.keyboard.press("Enter")
    elif end == "double click":
        surface.page.mouse.dblclick(*surface.at(150, 250))
    else:
        surface.click(101, 102)
    corners = last_stroke(surface).points[:, :2].tolist()
    assert len(corners) == (4 if end == "double click" else 3)
    assert np.allclose(corners[:3], [[100, 100], [300, 120], [200, 300]], atol=0.6)
    assert (surface.colour(200, 160), surface.colour(100, 200)) == (BLACK, WHITE)


def test_escape_drops_a_polygon(surface):
    surface.key("p")
    surface.click(100, 100)
    surface.click(300, 120)
    surface.page.keyboard.press("Escape")
    assert surface.count() == 0
    assert surface.screen().min() == 255


def test_a_bucket_fills_to_the_line_and_follows_the_paper_to_any_size(surface):
    surface.notebook.execute("canvas.circle(256, 256, 120, size_px=8)")
    set_up(surface, tool="bucket", colour="#d93025")
    surface.click(256, 256)
    surface.notebook.wait_for("len(canvas.sketch.strokes)", 2)
    surface.settle()
    assert (surface.colour(256, 256), surface.colour(20, 20), surface.colour(256, 136)) == (RED, WHITE, BLACK)
    assert is_true(surface)
    large = surface.notebook.value(
        "canvas.to_picture(__import__('lab').core.Size(1024, 1024)).pixels[512, 512].tolist()"
    )
    assert large == [*RED, 255]


def test_what_python_picks_stays_when_a_key_was_pressed_just_before(surface):
    surface.notebook.execute("canvas.circle(256, 256, 120, size_px=8)")
    with surface.late_timers():
        surface.key("p")
        set_up(surface, tool="bucket", colour="#d93025")
    surface.click(256, 256)
    surface.settle()
    assert (surface.state("tool"), surface.count()) == ("bucket", 2)


def test_a_pick_is_in_the_kernel_before_any_timer_runs(surface):
    with surface.late_timers():
        surface.key("l", "]")
        surface.press("Red")
        surface.notebook.wait_for(
            "[canvas.ink.tool, canvas.ink.size_px, canvas.ink.colour]", ["line", 7, "#d93025"], timeout_s=5
        )


def test_the_key_of_another_tool_is_heard_while_a_polygon_is_open(surface):
    surface.key("p")
    surface.click(100, 100)
    surface.click(300, 120)
    surface.page.keyboard.press("b")
    assert surface.state("tool") == "brush"
    surface.stroke((100, 300), (300, 300))
    assert last_stroke(surface).shape == "line"
    assert (surface.count(), surface.colour(200, 300), surface.colour(200, 110)) == (1, BLACK, WHITE)


def test_alt_picks_the_colour_under_the_pointer_and_x_swaps_it(surface):
    surface.notebook.execute("canvas.circle(256, 256, 60, size_px=80, colour='#1a73e8')")
    surface.wait_until_shown()
    surface.page.keyboard.down("Alt")
    surface.click(256, 196)
    surface.page.keyboard.up("Alt")
    surface.notebook.wait_for("canvas.ink.colour", "#1a73e8")
    assert surface.count() == 1
    surface.key("x")
    surface.notebook.wait_for("[canvas.ink.colour, canvas.ink.other_colour]", ["#ffffff", "#1a73e8"])


def test_opacity_and_hardness_are_those_of_the_whole_stroke(surface):
    set_up(surface, opacity=0.5, hardness=0.0, size_px=60.0)
    surface.stroke((100, 100), (400, 100), (100, 104))
    stroke = last_stroke(surface)
    assert (stroke.opacity, stroke.hardness) == (0.5, 0.0)
    middle, edge = surface.colour(250, 102)[0], surface.colour(250, 128)[0]
    assert 124 <= middle <= 150
    assert middle + 20 < edge < 255
    assert is_true(surface)


@pytest.mark.parametrize(("mirror", "images"), [("x", 2), ("y", 2), ("xy", 4)])
def test_a_mirror_draws_all_images_as_one_stroke(surface, mirror, images):
    set_up(surface, mirror=mirror)
    surface.stroke((60, 80), (160, 80), up=False)
    live = surface.screen()
    surface.page.mouse.up()
    assert last_stroke(surface).mirror == mirror
    places = [(110, 80), (402, 80), (110, 432), (402, 432)]
    for screen in (live, surface.screen()):
        assert sum(screen[y, x].max() < 60 for x, y in places) == images
    surface.press("Undo (Ctrl+Z)")
    surface.settle()
    assert surface.count() == 0


def test_shift_draws_a_straight_line_from_the_last_stroke(surface):
    surface.stroke((60, 60), (100, 60))
    surface.page.keyboard.down("Shift")
    surface.click(300, 300)
    surface.page.keyboard.up("Shift")
    assert np.allclose(last_stroke(surface).points[:, :2], [[100, 60], [300, 300]], atol=0.6)
    assert surface.colour(200, 180) == BLACK


def test_smoothing_evens_out_a_zigzag_and_ends_where_the_pen_was_lifted(surface):
    zigzag = [(60 + 10 * i, 100 + 20 * (i % 2)) for i in range(20)]
    surface.stroke(*zigzag, steps=1)
    rough = last_stroke(surface).points
    set_up(surface, smoothing=True)
    surface.stroke(*zigzag, steps=1)
    smooth = last_stroke(surface).points
    assert np.abs(np.diff(smooth[:, 1])).sum() < 0.7 * np.abs(np.diff(rough[:, 1])).sum()
    assert np.allclose(smooth[-1], rough[-1], atol=0.1)


@pytest.mark.parametrize(
    ("mode", "tool", "left", "right"), [("subtract", "eraser", 255, 0), ("intersect", "keep", 0, 255)]
)
def test_areas_take_away_or_keep(surface, mode, tool, left, right):
    surface.notebook.execute("canvas.line([(50, 200), (450, 200)], size_px=60)")
    set_up(surface, mode=mode, tool="rectangle", fill_shapes=True)
    surface.stroke((30, 100), (250, 300))
    assert last_stroke(surface).tool == tool
    assert (surface.colour(100, 200)[0], surface.colour(400, 200)[0]) == (left, right)
    assert is_true(surface)


def test_the_eraser_shows_the_background_again_while_it_draws(surface):
    surface.notebook.execute(
        "import numpy as np\ncanvas.background = np.full((300, 300, 3), (20, 160, 60), np.uint8)\n"
        "canvas.line([(50, 200), (450, 200)], size_px=60)"
    )
    surface.wait_until_shown()
    set_up(surface, tool="eraser", size_px=30.0)
    surface.stroke((200, 100), (200, 300), up=False)
    assert surface.colour(200, 200) == [20, 160, 60]
    surface.page.mouse.up()
    surface.settle()
    assert (surface.colour(200, 200), surface.colour(300, 200)) == ([20, 160, 60], BLACK)
    assert surface.notebook.value("canvas.to_pil().getpixel((200, 200))") == [20, 160, 60]


def test_the_wheel_with_ctrl_zooms_to_the_pointer_and_what_is_drawn_there_is_there(surface):
    before = surface.at(400, 100)
    surface.page.mouse.move(*before)
    surface.page.keyboard.down("Control")
    for _ in range(4):
        surface.page.mouse.wheel(0, -100)
    surface.page.keyboard.up("Control")
    surface.page.wait_for_function(f"Number({surface._surface}.dataset.view.split(' ')[0]) > 1.5")
    assert np.allclose(surface.at(400, 100), before, atol=0.5)
    surface.stroke((380, 100), (420, 100))
    assert np.allclose(last_stroke(surface).points[0, :2], [380, 100], atol=0.6)
    assert surface.colour(400, 100) == BLACK
    surface.key("0")
    assert surface.colour(400, 100) == BLACK


@pytest.mark.parametrize("way", ["space", "middle"])
def test_space_and_the_middle_button_move_the_view(surface, way):
    surface.key("+")
    left, top = surface.at(200, 200)
    mouse = surface.page.mouse
    mouse.move(left, top)
    if way == "space":
        surface.page.keyboard.down(" ")
    mouse.down(button="left" if way == "space" else "middle")
    mouse.move(left + 40, top + 30)
    mouse.up(button="left" if way == "space" else "middle")
    if way == "space":
        surface.page.keyboard.up(" ")
    assert np.allclose(surface.at(200, 200), (left + 40, top + 30), atol=0.01)
    assert surface.count() == 0


def touch(surface, session, kind, *points):
    places = [dict(zip("xy", surface.at(*point), strict=True), id=i) for i, point in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


def test_one_finger_draws_and_two_fingers_move_and_zoom_without_a_mark(surface):
    session = surface.page.context.new_cdp_session(surface.page)
    touch(surface, session, "touchStart", (100, 100))
    touch(surface, session, "touchMove", (200, 120))
    touch(surface, session, "touchMove", (300, 100))
    touch(surface, session, "touchEnd")
    assert np.allclose(last_stroke(surface).points[-1, :2], [300, 100], atol=0.6)
    touch(surface, session, "touchStart", (100, 300))
    touch(surface, session, "touchStart", (100, 300), (200, 300))
    touch(surface, session, "touchMove", (50, 300), (250, 300))
    touch(surface, session, "touchEnd")
    scale = float(surface.state("view").split()[0])
    assert scale == pytest.approx(2, rel=0.02)
    surface.settle()
    assert surface.count() == 1


def test_the_keys_are_listed_and_the_list_goes_away(surface):
    surface.key("?")
    panel = surface.page.get_by_role("dialog", name="Keys")
    assert "Ctrl+Shift+Z" in panel.inner_text()
    surface.key("?")
    assert not panel.is_visible()


def test_control_and_enter_run_and_do_not_run_the_cell(surface):
    surface.notebook.execute("ran = []\ncanvas.on_run(lambda: ran.append(1))")
    cell = "document.querySelector('.jp-InputPrompt').textContent"
    before = surface.page.evaluate(cell)
    surface.key("Control+Enter")
    surface.notebook.wait_for("len(ran)", 1)
    assert surface.page.evaluate(cell) == before


def test_what_python_draws_is_one_step_each(surface):
    surface.notebook.execute(
        "canvas.line([(50, 50), (200, 50)])\ncanvas.circle(300, 100, 40)\n"
        "canvas.polygon([(100, 200), (200, 200), (150, 300)])\ncanvas.text('Hi', 300, 300, 80)"
    )
    surface.wait_until_shown()
    assert is_true(surface)
    assert (surface.colour(150, 230), surface.colour(100, 50)) == (BLACK, BLACK)
    surface.press("Undo (Ctrl+Z)")
    surface.notebook.wait_for("len(canvas.sketch.strokes)", 3)
