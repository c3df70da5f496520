"""What sketch canvas and mask painter share, without a browser: background, layers, size, copies, Ctrl+Enter."""

import numpy as np
import pytest

from lab.core import BadInput, Picture, Size, Sketch, Stroke, rasterise
from tests.widgets.canvas.playing_browser import LINE, Browser
from tests.widgets.controls import widget_of
from widgets.canvas.sketch_canvas import SketchCanvas

GREEN = np.full((100, 200, 3), (20, 160, 60), np.uint8)


@pytest.fixture
def canvas():
    canvas = SketchCanvas()
    yield canvas
    canvas.close()


def test_a_background_is_fitted_whole_and_undone_in_one_step(canvas):
    canvas.background = GREEN
    seen = np.asarray(canvas.to_pil())
    assert seen[256, 5].tolist() == [20, 160, 60]
    assert seen[100, 256].tolist() == [255, 255, 255]
    assert canvas.background == Picture(GREEN)
    canvas.undo()
    assert canvas.background is None


def test_the_browser_brings_a_picture_and_a_broken_one_is_refused_in_words(canvas):
    browser = Browser(canvas)
    browser.send("picture", content=Picture(GREEN).to_png(), name="a.png")
    assert canvas.background == Picture(GREEN)
    browser.send("picture", content=b"no picture", name="b.png")
    assert "cannot be read as a picture" in browser.acks[-1]["refused"]


def test_a_bucket_in_the_browser_fills_what_is_seen(canvas):
    canvas.circle(256, 256, 100, size_px=8)
    browser = Browser(canvas)
    browser.send("bucket", x=256, y=256, tolerance=12, colour="#d93025", opacity=1.0)
    pixels = canvas.to_picture().pixels
    assert pixels[256, 256].tolist() == [217, 48, 37, 255]
    assert pixels[20, 20, 3] == 0
    browser.send("bucket", x=-5, y=256, tolerance=12)
    assert "outside the picture" in browser.acks[-1]["refused"]
    browser.send("bucket", x="left", y=256, tolerance=12)
    assert "x must be a number" in browser.acks[-1]["refused"]


def test_layers_are_read_written_ordered_and_removed_by_name(canvas):
    canvas.layers["control"] = GREEN
    canvas.layers["control"] = GREEN
    assert list(canvas.layers) == ["background", "sketch", "control"]
    assert canvas.layers.picture("control") == Picture(GREEN)
    canvas.layers.show("control", opacity=0.5, visible=False)
    assert (canvas.layers["control"].opacity, canvas.layers["control"].visible) == (0.5, False)
    canvas.layers.arrange(["background", "control", "sketch"])
    assert [layer["name"] for layer in canvas.ink.layers] == ["background", "control", "sketch"]
    del canvas.layers["control"]
    assert list(canvas.layers) == ["background", "sketch"]


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda layers: layers.show("sky", opacity=1), "there is no layer 'sky': the layers are background, sketch"),
        (lambda layers: layers.show("sketch", opacity=2), "must be between 0 and 1, not 2"),
        (lambda layers: layers.arrange(["sketch"]), "name each of them once"),
        (lambda layers: layers.__setitem__("sketch", GREEN), "choose another name"),
        (lambda layers: layers.__delitem__("background"), "is always there"),
    ],
)
def test_what_layers_cannot_do_is_said_with_the_remedy(canvas, act, sentence):
    with pytest.raises(BadInput, match=sentence):
        act(canvas.layers)


def test_a_layer_is_hidden_from_the_browser_too(canvas):
    Browser(canvas).ask("layer", name="sketch", visible=False)
    assert not canvas.layers["sketch"].visible


def test_a_sharp_screen_gets_finer_pixels_and_the_model_the_same(canvas):
    canvas.draw(Stroke(LINE))
    before = canvas.to_picture()
    canvas.ink.density = 2
    assert canvas.layers.picture("sketch") == rasterise(canvas.sketch, Size(1024, 1024))
    assert canvas.to_picture() == before


def test_a_paper_larger_than_the_screen_is_sent_smaller(canvas):
    canvas.sketch = Sketch(Size(4096, 2048)).line([(0, 0), (4096, 2048)], size_px=50)
    assert canvas.layers.picture("sketch").size == Size(2048, 1024)
    assert canvas.to_picture().size == Size(4096, 2048)


def test_the_page_asks_for_the_picture_and_gets_what_is_seen(canvas):
    canvas.background = GREEN
    browser = Browser(canvas)
    browser.ask("give", use="save")
    browser.until_done()
    ((content, buffers),) = browser.heard("picture")
    assert content == {"kind": "picture", "use": "save", "name": "sketch.png"}
    assert Picture.of(bytes(buffers[0])) == Picture.of(canvas.to_pil())


def test_control_enter_is_heard_until_it_is_not(canvas):
    ran, browser = [], Browser(canvas)
    end = canvas.on_run(lambda: ran.append(1))
    browser.ask("run")
    end()
    browser.ask("run")
    assert ran == [1]


def test_python_writes_strokes_one_step_each(canvas):
    canvas.line([(10, 10), (50, 50)])
    canvas.circle(100, 100, 20)
    canvas.polygon([(10, 10), (50, 10), (30, 60)], colour="#ff0000")
    canvas.text("Hi", 100, 200, 40)
    assert [stroke.shape for stroke in canvas.sketch.strokes] == ["line", "line", "area", "area"]
    for left in (3, 2, 1, 0):
        canvas.undo()
        assert len(canvas.sketch.strokes) == left


def test_every_message_of_pixels_has_a_number_of_its_own(canvas):
    numbers, browser, stamp = [canvas.ink.revision], Browser(canvas), widget_of(canvas.ink.stamp)
    for act in (lambda: canvas.draw(Stroke(LINE)), canvas.undo, lambda: browser.ask("redraw"), canvas.redo):
        act()
        numbers.append(canvas.ink.revision)
        assert stamp.fill_style == f"#{numbers[-1]:06x}"
    assert numbers == list(range(numbers[0], numbers[0] + 5))


def test_what_the_person_picks_is_not_echoed_so_a_late_answer_cannot_undo_a_later_pick(canvas):
    ink = canvas.ink
    ink.comm.messages.clear()
    ink.set_state({"tool": "eraser", "size_px": 20.0})
    assert (ink.tool, ink.size_px) == ("eraser", 20.0)
    assert ink.comm.messages == []
    ink.tool = "brush"
    assert [data["state"] for data, _ in ink.comm.messages] == [{"tool": "brush"}]


def test_what_python_picks_is_sent_even_where_it_is_no_change_here_for_a_page_may_be_ahead(canvas):
    ink = canvas.ink
    ink.comm.messages.clear()
    ink.post(tool="brush", colour="#d93025", revision=ink.revision)
    assert [data["state"] for data, _ in ink.comm.messages] == [{"tool": "brush"}, {"colour": "#d93025"}]
