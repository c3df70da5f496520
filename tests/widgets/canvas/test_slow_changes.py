"""Changes that take long are made beside the thread that brings them: in order, each once, and the pen goes on."""

import threading
from types import MethodType

import numpy as np
import pytest

from lab.core import BadInput, Mask, Picture, SketchHistory, Stroke
from lab.core.incremental_raster import GrowingRaster
from lab.retouch import masks
from tests.widgets.canvas.playing_browser import Browser
from widgets.canvas import drawing_surface, mask_painter, sketch_canvas
from widgets.canvas.mask_painter import MaskPainter
from widgets.canvas.sketch_canvas import SketchCanvas

GREY = Picture(np.full((96, 128, 3), 90, np.uint8))
PICTURE = GREY.to_png()
SOON_S = 20


class Gate:
    """Stands before a function: whoever comes is let through when `open` is set."""

    def __init__(self, function):
        self.function, self.open, self.reached = function, threading.Event(), threading.Event()
        self.times = self.passed = 0

    def __get__(self, instance, owner):
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *given, **named):
        self.times += 1
        self.reached.set()
        self.open.wait(3)
        self.passed += 1
        return self.function(*given, **named)


@pytest.fixture
def gate_before(monkeypatch):
    gates = []

    def put(module, name):
        gates.append(Gate(getattr(module, name)))
        monkeypatch.setattr(module, name, gates[-1])
        return gates[-1]

    yield put
    for gate in gates:
        gate.open.set()


@pytest.fixture
def painter():
    painter = MaskPainter(GREY)
    painter.draw(Stroke([(60, 50), (70, 50)], size_px=10))
    yield painter
    painter.close()


@pytest.fixture
def growing(gate_before):
    return gate_before(masks, "grow")


def mask_at(painter, *points):
    return [int(painter.mask.pixels[y, x]) for x, y in points]


def test_the_pen_goes_on_while_the_mask_grows_and_does_not_overtake_it(painter, growing):
    browser = Browser(painter)
    browser.send("grow", px=10, waits=False)
    browser.send("draw", points=[[64, 50, 1]], size_px=6, tool="eraser", waits=False)
    browser.send("undo", waits=False)
    painter.ink.set_state({"size_px": 20.0})
    assert browser.acks == []
    growing.open.set()
    browser.until_done()
    assert [ack["last"] for ack in browser.acks] == [1, 2, 3]
    assert mask_at(painter, (64, 50), (64, 40)) == [255, 255]
    painter.redo()
    assert mask_at(painter, (64, 50), (64, 40)) == [0, 255], "erased from what had grown"


def test_a_page_that_sends_again_what_is_being_made_gets_it_once(painter, growing):
    browser = Browser(painter)
    browser.send("grow", px=10, waits=False)
    assert growing.reached.wait(SOON_S)
    browser.send("grow", seq=1, px=10, waits=False)
    browser.send("undo", seq=3, waits=False)
    assert [(ack["last"], ack.get("gap", False)) for ack in browser.acks] == [(0, False), (0, True)]
    growing.open.set()
    browser.until_done()
    assert (growing.times, browser.acks[-1]["last"]) == (1, 1)


def test_what_python_changes_meanwhile_grows_too(painter, growing):
    browser = Browser(painter)
    browser.send("grow", px=10, waits=False)
    assert growing.reached.wait(SOON_S)
    pixels = np.zeros((96, 128), np.uint8)
    pixels[20:30, 20:30] = 255
    painter.mask = Mask(pixels)
    growing.open.set()
    browser.until_done()
    assert mask_at(painter, (25, 25), (15, 25), (64, 50)) == [255, 255, 0]


def test_a_python_that_never_rests_does_not_keep_a_change_off_for_ever(painter, monkeypatch):
    grow = masks.grow
    monkeypatch.setattr(masks, "grow", lambda mask, px: painter.draw(Stroke([(5, 5)])) or grow(mask, px))
    browser = Browser(painter)
    browser.send("grow", px=10)
    assert browser.acks[-1]["last"] == 1
    assert mask_at(painter, (64, 40)) == [255]


def test_a_canvas_that_is_closed_meanwhile_leaves_the_change_to_the_next_one(growing):
    history = SketchHistory()
    painter = MaskPainter(GREY, history=history)
    painter.draw(Stroke([(60, 50), (70, 50)], size_px=10))
    browser = Browser(painter)
    browser.send("grow", px=10, waits=False)
    browser.send("clear", waits=False)
    assert growing.reached.wait(SOON_S)
    painter.close()
    growing.open.set()
    browser.until_done()
    assert (history.steps, history.heard) == ((2, 0), {"page": 0})
    again = MaskPainter(history=history)
    browser = Browser(again)
    browser.send("grow", px=10, resumed=True)
    browser.send("clear", resumed=True)
    assert browser.acks[-1]["last"] == 2
    assert history.steps == (4, 0)
    again.close()


@pytest.mark.parametrize(
    ("kind", "module", "name", "change"),
    [
        (MaskPainter, masks, "inverted", {"op": "invert"}),
        (MaskPainter, masks, "holes_filled", {"op": "fill_holes"}),
        (MaskPainter, mask_painter, "_mask_in", {"op": "load", "content": PICTURE}),
        (MaskPainter, drawing_surface, "fitted_to_paper", {"op": "picture", "content": PICTURE}),
        (SketchCanvas, drawing_surface, "fitted_to_paper", {"op": "picture", "content": PICTURE}),
        (SketchCanvas, sketch_canvas, "wand", {"op": "bucket", "x": 5, "y": 5, "tolerance": 12}),
    ],
)
def test_whatever_takes_long_is_made_beside_the_thread_that_brings_it(gate_before, kind, module, name, change):
    canvas = kind()
    gate = gate_before(module, name)
    browser = Browser(canvas)
    browser.send(**change, waits=False)
    assert gate.reached.wait(SOON_S)
    assert browser.acks == []
    gate.open.set()
    browser.until_done()
    assert [(ack["last"], ack.get("refused")) for ack in browser.acks] == [(1, None)]
    canvas.close()


def test_a_copy_of_the_picture_is_made_beside_it_too(gate_before):
    canvas = SketchCanvas()
    gate, browser = gate_before(Picture, "to_png"), Browser(canvas)
    browser.ask("give", use="copy")
    assert gate.reached.wait(SOON_S)
    assert browser.heard("picture") == []
    gate.open.set()
    browser.until_done()
    assert len(browser.heard("picture")) == 1
    canvas.close()


def test_a_cell_that_grows_the_mask_lets_the_browser_draw(painter, growing):
    cell = threading.Thread(target=lambda: painter.grow(10), daemon=True)
    cell.start()
    assert growing.reached.wait(SOON_S)
    browser = Browser(painter)
    browser.send("draw", points=[[10, 50, 1]], size_px=6)
    assert [ack["last"] for ack in browser.acks] == [1]
    growing.open.set()
    cell.join(SOON_S)
    assert mask_at(painter, (10, 50), (10, 40), (64, 40)) == [255, 255, 255]


def test_what_cannot_be_done_is_refused_in_its_turn(painter):
    browser = Browser(painter)
    browser.send("grow", px=5000, waits=False)
    browser.send("draw", waits=False)
    browser.until_done()
    assert "1024" in browser.acks[0]["refused"]
    assert [ack["last"] for ack in browser.acks] == [1, 2]
    with pytest.raises(BadInput, match="1024"):
        painter.grow(5000)


def test_whoever_reads_a_large_mask_holds_up_no_pen(painter, gate_before):
    painter.background = Picture(np.zeros((2100, 2100, 3), np.uint8))
    drawing = gate_before(GrowingRaster, "picture")
    reader = threading.Thread(target=lambda: painter.mask, daemon=True)
    reader.start()
    assert drawing.reached.wait(SOON_S)
    browser = Browser(painter)
    browser.send("draw", points=[[10, 50, 1]], size_px=6)
    assert drawing.passed == 0, "the stroke is there before the mask that was read"
    assert [ack["last"] for ack in browser.acks] == [1]
    drawing.open.set()
    reader.join(SOON_S)


def test_ctrl_enter_comes_after_all_that_was_made_before_it(painter, growing):
    drawn, browser = [], Browser(painter)
    painter.on_run(lambda: drawn.append(mask_at(painter, (65, 30))))
    browser.send("grow", px=30, waits=False)
    assert growing.reached.wait(SOON_S)
    browser.ask("run")
    assert drawn == []
    growing.open.set()
    browser.until_done()
    assert drawn == [[255]], "with the mask that had grown"


def test_a_stroke_that_the_stop_button_met_is_made_when_the_page_sends_it_again(painter, monkeypatch):
    browser, before = Browser(painter), np.count_nonzero(painter.mask.pixels)
    with monkeypatch.context() as patch:
        patch.setattr(SketchHistory, "draw", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            browser.send("draw")
    browser.send("draw", seq=1)
    assert browser.acks[-1]["last"] == 1
    assert np.count_nonzero(painter.mask.pixels) > before
