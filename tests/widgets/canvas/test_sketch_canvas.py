"""The sketch canvas without a browser: `browser` plays one, `acks` is what it was told."""

import logging
import random
import threading

import numpy as np
import pytest

from lab.core import BadInput, Sketch, SketchHistory, Stroke, rasterise
from lab.core.geometry import Size
from tests.widgets.canvas.playing_browser import LINE, PEN, Browser
from tests.widgets.controls import page_sends
from tests.widgets.studio.following import nothing_is_left_open
from widgets.canvas.canvas_layers import CanvasLayers, Layer
from widgets.canvas.picture_canvas import PictureCanvas
from widgets.canvas.sketch_canvas import SketchCanvas


@pytest.fixture
def canvas():
    canvas = SketchCanvas()
    yield canvas
    canvas.close()


@pytest.fixture
def browser(canvas):
    return Browser(canvas)


def shows(canvas):
    """Whether what is on the paper is the sketch, to the last bit."""
    return canvas.layers.picture("sketch") == rasterise(canvas.sketch)


def test_a_stroke_arrives_is_shown_and_acked(canvas, browser):
    browser.send("draw")
    assert canvas.sketch.strokes == (Stroke(LINE, **PEN),)
    assert shows(canvas)
    assert browser.acks == [{"kind": "ack", "client": "page", "last": 1, "revision": canvas.ink.revision}]


def test_a_stroke_that_comes_twice_is_drawn_once_and_acked_twice(canvas, browser):
    browser.send("draw", seq=1)
    browser.send("draw", seq=1)
    assert len(canvas.sketch.strokes) == 1
    assert [ack["last"] for ack in browser.acks] == [1, 1]


def test_a_stroke_after_a_lost_one_waits_for_it(canvas, browser):
    browser.send("draw", seq=2, size_px=2)
    assert canvas.sketch.is_empty
    assert browser.acks == [{"kind": "ack", "client": "page", "last": 0, "gap": True, "revision": 0}]
    browser.send("draw", seq=1, size_px=1)
    browser.send("draw", seq=2, size_px=2)
    assert [stroke.size_px for stroke in canvas.sketch.strokes] == [1, 2]


def test_what_a_page_kept_over_a_restart_is_taken_where_it_begins_and_once(canvas):
    browser = Browser(canvas, client="before")
    for seq in (7, 7, 8):
        browser.send("draw", seq=seq, resumed=True)
    assert len(canvas.sketch.strokes) == 2
    assert [ack["last"] for ack in browser.acks] == [7, 7, 8]


def test_a_canvas_that_is_made_anew_on_the_same_history_knows_what_it_heard():
    history = SketchHistory()
    first = SketchCanvas(history=history)
    Browser(first).send("draw", seq=1)
    first.close()
    again = SketchCanvas(history=history)
    browser = Browser(again)
    browser.send("draw", seq=1, resumed=True)
    browser.send("draw", seq=2, resumed=True)
    assert len(again.sketch.strokes) == 2
    again.close()


def test_two_pages_count_apart(canvas, browser):
    other = Browser(canvas, client="other")
    browser.send("draw")
    other.send("draw")
    other.send("undo")
    assert [ack["last"] for ack in other.acks] == [1, 2]
    assert len(canvas.sketch.strokes) == 1


def test_undo_redo_and_clear_travel_in_the_same_queue(canvas, browser):
    counts = []
    for op in ("draw", "draw", "undo", "redo", "clear", "undo"):
        browser.send(op)
        counts.append(len(canvas.sketch.strokes))
        assert shows(canvas)
    assert counts == [1, 2, 1, 2, 0, 2]
    assert browser.acks[-1]["last"] == 6


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"colour": "red"}, "a colour is written #rrggbb"),
        ({"size_px": -1}, "size_px must be between"),
        ({"size_px": None}, "size_px must be a number, not None"),
        ({"tool": ["brush"]}, "tool must be text, not a list"),
        ({"hardness": 2}, "hardness must be between"),
        ({"mirror": "z"}, "there is no mirror"),
        ({"packed": b""}, "could not be read"),
        ({"packed": b"\x00\x01"}, "could not be read"),
        ({"packed": b"\x00\x80\x80"}, "could not be read"),
        ({"packed": b"\x09\x01\x01"}, "could not be read"),
        ({"packed": b"\x00"}, "1 to 50000 points"),
        ({"op": "smudge"}, "there is no change 'smudge'"),
    ],
)
def test_a_malformed_change_is_refused_and_the_queue_goes_on(canvas, browser, changes, sentence):
    browser.send(**{"op": "draw", **changes})
    browser.send("draw")
    refused, accepted = browser.acks
    assert sentence in refused["refused"]
    assert (refused["last"], accepted["last"], "refused" in accepted) == (1, 2, False)
    assert len(canvas.sketch.strokes) == 1


@pytest.mark.parametrize("content", [{}, {"kind": "op"}, {"kind": "op", "client": "x", "seq": "many"}, {"kind": 7}])
def test_nonsense_never_raises_into_ipywidgets(canvas, content):
    page_sends(canvas.ink, content)
    assert canvas.sketch.is_empty


def test_a_stroke_that_cannot_be_saved_stays_and_says_so(caplog):
    def full(_change):
        msg = "no space left"
        raise OSError(msg)

    canvas = SketchCanvas(history=SketchHistory(record=full))
    browser = Browser(canvas)
    with caplog.at_level(logging.CRITICAL):
        browser.send("draw")
    assert "may not be saved: no space left" in browser.acks[0]["refused"]
    assert len(canvas.sketch.strokes) == 1
    assert shows(canvas)
    canvas.close()


def test_listeners_hear_every_change_until_they_end_it(canvas, browser):
    heard = []
    end = canvas.on_change(lambda: heard.append(len(canvas.sketch.strokes)))
    browser.send("draw")
    canvas.draw(Stroke(LINE))
    canvas.undo()
    canvas.redo()
    canvas.clear()
    canvas.sketch = Sketch().circle(50, 50, 20)
    assert heard == [1, 2, 1, 2, 0, 1]
    end()
    end()
    canvas.undo()
    assert len(heard) == 6


def test_a_change_that_changes_nothing_is_not_told(canvas, browser):
    heard = []
    canvas.on_change(lambda: heard.append(canvas.sketch))
    canvas.undo()
    browser.send("redo")
    browser.send("draw", colour="red")
    assert heard == []


def test_a_failing_listener_loses_neither_stroke_nor_ack(canvas, browser, caplog):
    heard = []

    def fails():
        raise ZeroDivisionError

    canvas.on_change(fails)
    canvas.on_change(lambda: heard.append(canvas.sketch))
    with caplog.at_level(logging.ERROR):
        browser.send("draw")
    assert (browser.acks[0]["last"], "refused" in browser.acks[0]) == (1, False)
    assert heard == [canvas.sketch]
    assert "a listener of a canvas failed" in caplog.text


def test_assigning_a_sketch_is_one_step_of_undo_and_may_change_the_size(canvas):
    canvas.draw(Stroke(LINE))
    before = canvas.sketch
    canvas.sketch = Sketch(Size(300, 200)).line([(0, 0), (300, 200)])
    assert (canvas.ink.width, canvas.ink.height) == (300, 200)
    assert canvas.layers.picture("sketch").size == (300, 200)
    assert shows(canvas)
    canvas.undo()
    assert canvas.sketch is before
    assert shows(canvas)


def test_what_is_no_sketch_is_refused(canvas):
    with pytest.raises(BadInput, match="must be a Sketch, not 'a cat'"):
        canvas.sketch = "a cat"


def test_a_canvas_takes_a_sketch_or_a_history():
    with pytest.raises(BadInput, match="a sketch or a history, not both"):
        SketchCanvas(Sketch(), history=SketchHistory())


def test_a_history_from_outside_is_the_one_that_records():
    recorded = []
    canvas = SketchCanvas(history=SketchHistory(Sketch().circle(50, 50, 9), record=recorded.append))
    assert shows(canvas)
    Browser(canvas).send("draw")
    canvas.undo()
    assert [change["op"] for change in recorded] == ["draw", "undo"]
    canvas.close()


def test_the_buttons_know_whether_there_is_something_to_undo(canvas, browser):
    assert (canvas.ink.can_undo, canvas.ink.can_redo) == (False, False)
    browser.send("draw")
    assert (canvas.ink.can_undo, canvas.ink.can_redo) == (True, False)
    browser.send("undo")
    assert (canvas.ink.can_undo, canvas.ink.can_redo) == (False, True)


def test_the_picture_is_drawn_anew_at_any_size(canvas):
    canvas.sketch = Sketch().circle(200, 200, 100)
    assert canvas.to_picture() == rasterise(canvas.sketch)
    assert canvas.to_picture(Size(1024, 1024)) == rasterise(canvas.sketch, Size(1024, 1024))


def test_the_paper_follows_any_row_of_changes():
    dice = random.Random(7)
    history, paper = (
        SketchHistory(Sketch(Size(64, 64))),
        CanvasLayers(Sketch(Size(64, 64)), (Layer("background"), Layer("sketch")), "sketch"),
    )
    for _ in range(120):
        act = dice.choice(["draw", "draw", "draw", "undo", "undo", "redo", "clear"])
        if act == "draw":
            points = np.array([[dice.uniform(-20, 84), dice.uniform(-20, 84), dice.random()] for _ in range(3)])
            pen = {"tool": dice.choice(["brush", "brush", "eraser", "keep"]), "opacity": dice.choice([1.0, 0.5])}
            pen |= {"shape": dice.choice(["line", "area"]), "hardness": dice.choice([1.0, 0.3])}
            history.draw(Stroke(points, size_px=dice.uniform(1, 30), mirror=dice.choice(["", "x", "xy"]), **pen))
        else:
            getattr(history, act)()
        paper.show(history.sketch)
        assert np.array_equal(paper.pixels, rasterise(history.sketch).pixels)
    paper.close()


def test_changes_from_several_threads_all_arrive_in_their_order(canvas):
    def draw(number):
        page = Browser(canvas, client=str(number))
        for size in range(1, 11):
            page.send("draw", size_px=size, colour=f"#00000{number}")

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    sizes = {number: [] for number in range(3)}
    for stroke in canvas.sketch.strokes:
        sizes[int(stroke.colour[-1])].append(stroke.size_px)
    assert all(found == list(range(1, 11)) for found in sizes.values()), sizes
    assert shows(canvas)


def test_close_leaves_no_widget_behind():
    with nothing_is_left_open():
        canvas = SketchCanvas()
        canvas.draw(Stroke(LINE))
        canvas.close()
        canvas.close()
    assert len(canvas.sketch.strokes) == 1


def test_a_reference_picture_can_be_removed_and_comes_back_with_undo():
    canvas = PictureCanvas(paints=False)
    canvas.background = np.full((64, 64, 3), 90, np.uint8)
    Browser(canvas).send("remove")
    assert canvas.picture is None
    canvas.undo()
    assert canvas.picture.size == Size(64, 64)
    canvas.close()


def test_an_empty_paper_for_pictures_says_what_to_do_until_something_is_on_it():
    canvas = PictureCanvas()
    assert "Drop a picture here" in canvas.ink.hint
    canvas.line([(1, 1), (9, 9)])
    assert canvas.ink.hint == ""
    canvas.undo()
    assert canvas.ink.hint
    canvas.background = np.zeros((20, 20, 3), np.uint8)
    assert canvas.ink.hint == ""
    canvas.close()


@pytest.mark.parametrize("paints", [True, False])
def test_a_page_is_told_whether_one_can_paint_before_it_draws_its_toolbar(paints):
    """It draws the toolbar once, from the first message: what comes later is too late for a reference that is added."""
    canvas = PictureCanvas(paints=paints)
    first, _ = canvas.ink.comm.messages[0]
    assert first["state"]["paints"] is paints
    canvas.close()
