"""The mask painter without a browser."""

import threading

import numpy as np
import pytest

from lab.core import BadInput, Mask, Picture, Size, SketchHistory, Stroke
from lab.gallery.autosave import Autosave
from lab.retouch.stitch import inpaint_area
from tests.widgets.canvas.playing_browser import Browser
from tests.widgets.controls import until_done
from widgets.canvas import mask_painter
from widgets.canvas.mask_painter import MaskPainter

HALVES = np.full((96, 128, 3), 255, np.uint8)
HALVES[:, :64] = (200, 30, 30)


@pytest.fixture
def painter():
    painter = MaskPainter(Picture(HALVES))
    yield painter
    painter.close()


SIZE = Size(128, 96)


def square(size=SIZE, box=(20, 30, 60, 70)):
    pixels = np.zeros((size.height, size.width), np.uint8)
    pixels[box[1] : box[3], box[0] : box[2]] = 255
    return Mask(pixels)


def test_the_mask_is_as_large_as_the_background_and_empty_at_first(painter):
    assert painter.mask.size == painter.background.size == Size(128, 96)
    assert not painter.mask.pixels.any()


def test_what_the_browser_paints_is_in_the_mask_and_the_eraser_takes_it_out(painter):
    browser = Browser(painter)
    browser.send("draw", points=[[20, 50, 1], [100, 50, 1]], size_px=20)
    assert painter.mask.pixels[50, 60] == 255
    browser.send("draw", points=[[60, 50, 1]], size_px=10, tool="eraser")
    assert (painter.mask.pixels[50, 60], painter.mask.pixels[50, 40]) == (0, 255)


def test_a_mask_that_is_assigned_is_the_mask_to_the_last_grey_level(painter):
    soft = Mask(np.tile(np.linspace(0, 255, 128).astype(np.uint8), (96, 1)))
    painter.mask = soft
    assert np.array_equal(painter.mask.pixels, soft.pixels)
    painter.undo()
    assert not painter.mask.pixels.any()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("a mask", "must be a Mask, not 'a mask'"),
        (Mask(np.zeros((10, 10), np.uint8)), "the mask is 10x10 and the backgr"),
    ],
)
def test_what_is_no_mask_of_this_picture_is_refused(painter, wrong, sentence):
    with pytest.raises(BadInput, match=sentence):
        painter.mask = wrong


def test_inverting_twice_is_where_it_began(painter):
    painter.mask = square()
    painter.invert()
    assert (painter.mask.pixels[50, 40], painter.mask.pixels[5, 5]) == (0, 255)
    painter.invert()
    assert np.array_equal(painter.mask.pixels, square().pixels)


@pytest.mark.parametrize(
    ("deed", "values", "inside", "outside"),
    [
        ("grow", {"px": 5}, (17, 50), (12, 50)),
        ("shrink", {"px": 5}, (26, 50), (22, 50)),
        ("fill_holes", {}, (40, 50), (10, 50)),
    ],
)
def test_the_browsers_buttons_change_the_whole_mask_as_one_step(painter, deed, values, inside, outside):
    painter.mask = square()
    Browser(painter).send("draw", points=[[40, 50, 1]], size_px=8, tool="eraser")
    before = painter.mask.pixels
    Browser(painter, client="other").send(deed, **values)
    assert (painter.mask.pixels[inside[::-1]], painter.mask.pixels[outside[::-1]]) == (255, 0)
    painter.undo()
    assert np.array_equal(painter.mask.pixels, before)


def test_feathering_makes_the_mask_soft(painter):
    painter.mask = square()
    painter.feather(10)
    assert painter.mask.pixels[50, 40] == 255
    assert 0 < painter.mask.pixels[50, 17] < 255


@pytest.fixture
def changed(painter):
    """`changed()` waits for the next change of the mask."""
    happened = threading.Event()
    painter.on_change(happened.set)

    def wait():
        assert happened.wait(20), painter.ink.said
        happened.clear()

    return wait


@pytest.mark.parametrize(("mode", "left", "right"), [("add", 255, 255), ("subtract", 0, 255), ("intersect", 255, 0)])
def test_the_wand_adds_takes_away_or_keeps_one_colour(painter, changed, mode, left, right):
    painter.mask = square(box=(40, 20, 90, 80))
    changed()
    Browser(painter).send("wand", x=10, y=10, tolerance=10, mode=mode)
    changed()
    assert (painter.mask.pixels[50, 50], painter.mask.pixels[50, 80]) == (left, right)
    assert painter.mask.pixels[50, 10] == (255 if mode == "add" else 0)


def test_a_box_selects_what_stands_out_in_it(changed, painter):
    scene = np.full((96, 128, 3), 240, np.uint8)
    scene[30:60, 40:80] = (30, 60, 160)
    painter.background = Picture(scene)
    changed()
    Browser(painter).send("wand", box=[30, 20, 90, 70], tolerance=10, mode="add")
    changed()
    assert (painter.mask.pixels[45, 60], painter.mask.pixels[25, 35], painter.mask.pixels[80, 100]) == (255, 0, 0)
    painter.undo()
    painter.select_box(30, 20, 90, 70)
    assert painter.mask.pixels[45, 60] == 255


class SlowSelector:
    """Selects the left half; looks at the picture until `gate` is set, and counts how often it looked."""

    means, note = "SAM 2", "selects things"

    def __init__(self, picture):
        self.picture, self.gate, self.looks, self.is_ready = picture, threading.Event(), 0, False

    def prepare(self):
        assert self.gate.wait(20)
        self.looks, self.is_ready = self.looks + 1, True

    def mask(self, points=(), box=None, *, tolerance=12.0):
        assert points or box or tolerance
        pixels = np.zeros(self.picture.pixels.shape[:2], np.uint8)
        pixels[:, : pixels.shape[1] // 2] = 255
        return Mask(pixels)


@pytest.fixture
def slow():
    made = []
    painter = MaskPainter(Picture(HALVES), selector_of=lambda picture: made.append(SlowSelector(picture)) or made[-1])
    yield painter, made
    for selector in made:
        selector.gate.set()
    painter.close()


def test_the_pen_goes_on_while_something_is_selected(slow):
    painter, made = slow
    browser, looking, selected = Browser(painter), threading.Event(), threading.Event()
    painter.ink.observe(lambda change: "looks at the picture" in change["new"]["text"] and looking.set(), names="said")
    painter.on_change(lambda: painter.mask.pixels[5, 5] and selected.set())
    browser.send("wand", x=10, y=10, tolerance=10, mode="add")
    assert looking.wait(20)
    browser.send("draw", points=[[100, 50, 1], [120, 50, 1]], size_px=10)
    assert [ack["last"] for ack in browser.acks] == [1, 2], "both are acked at once"
    assert (painter.mask.pixels[50, 110], painter.mask.pixels[5, 5]) == (255, 0)
    made[0].gate.set()
    assert selected.wait(20)
    assert (painter.mask.pixels[50, 110], painter.mask.pixels[5, 5]) == (255, 255)
    assert painter.ink.said == {"text": ""}
    assert painter.ink.wand == {"note": "selects things (W)", "tolerates": False}


def test_the_network_looks_at_a_picture_once_when_the_wand_is_picked(slow):
    painter, made = slow
    ready = threading.Event()
    painter.ink.observe(lambda change: change["new"]["text"] == "" and ready.set(), names="said")
    painter.ink.set_state({"tool": "wand"})
    painter.select(10, 10)
    made[0].gate.set()
    assert ready.wait(20)
    painter.select(90, 10)
    assert (len(made), made[0].looks) == (1, 1)


def test_what_was_selected_on_a_picture_that_is_gone_is_dropped(slow):
    painter, made = slow
    browser, looking = Browser(painter), threading.Event()
    painter.ink.observe(lambda change: change["new"]["text"] and looking.set(), names="said")
    browser.send("wand", x=10, y=10, tolerance=10, mode="add")
    assert looking.wait(20)
    painter.background = Picture(255 - HALVES)
    made[0].gate.set()
    until_done("selecting")
    assert not painter.mask.pixels.any()


def test_a_wand_that_finds_nothing_says_so_below_the_paper(painter):
    said = threading.Event()
    painter.ink.observe(lambda change: change["new"].get("wrong") and said.set(), names="said")
    Browser(painter).send("wand", x=500, y=10, tolerance=10, mode="add")
    assert said.wait(20)
    assert "lies outside the picture" in painter.ink.said["text"]


def test_the_wand_without_a_picture_says_what_to_do():
    painter = MaskPainter()
    browser = Browser(painter)
    browser.send("wand", x=10, y=10, tolerance=10, mode="add")
    assert "open a picture first" in browser.acks[0]["refused"]
    painter.close()


def test_a_mask_file_is_fitted_and_its_alpha_counts_if_it_has_any(painter):
    painter.load(square(Size(256, 192), (40, 60, 120, 140)).to_picture())
    assert (painter.mask.pixels[50, 40], painter.mask.pixels[5, 5]) == (255, 0)
    rgba = np.zeros((96, 128, 4), np.uint8)
    rgba[:40, :, 3] = 255
    Browser(painter).send("load", content=Picture(rgba).to_png())
    assert (painter.mask.pixels[10, 10], painter.mask.pixels[60, 10]) == (255, 0)


def test_what_is_transparent_can_be_masked(painter):
    with pytest.raises(BadInput, match="no transparent part"):
        painter.from_alpha()
    rgba = np.full((96, 128, 4), 255, np.uint8)
    rgba[:, :30, 3] = 0
    painter.background = Picture(rgba)
    painter.from_alpha()
    assert (painter.mask.pixels[50, 10], painter.mask.pixels[50, 60]) == (255, 0)


def test_another_picture_gets_a_mask_of_its_own_and_the_last_one_can_be_used_again(painter):
    with pytest.raises(BadInput, match="no earlier mask"):
        painter.reuse_last()
    painter.mask = square()
    painter.background = np.full((192, 256, 3), 90, np.uint8)
    assert painter.mask.size == Size(256, 192)
    assert not painter.mask.pixels.any()
    painter.reuse_last()
    assert (painter.mask.pixels[100, 80], painter.mask.pixels[100, 200]) == (255, 0)
    painter.undo()
    painter.undo()
    assert painter.background.size == Size(128, 96)
    assert np.array_equal(painter.mask.pixels, square().pixels)


def test_what_will_happen_is_shown_in_layers_and_goes_away_again(painter):
    painter.mask = square()
    area = inpaint_area(painter.mask, native=Size(64, 64))
    painter.show_outcome(area)
    painter.show_outcome(area)
    assert list(painter.layers) == ["background", "mask", "denoised", "pasted back", "context"]
    assert np.array_equal(painter.layers.picture("denoised").pixels[..., 3], area.denoise.pixels)
    frame = painter.layers.picture("context").pixels[..., 3]
    assert (frame[area.box.top, area.box.left], frame[area.box.top + 5, area.box.left + 5]) == (255, 0)
    painter.show_outcome(None)
    assert list(painter.layers) == ["background", "mask"]


def test_listeners_hear_the_mask(painter):
    heard = []
    painter.on_change(lambda: heard.append(painter.mask))
    painter.mask = square()
    painter.undo()
    assert [bool(mask.pixels.any()) for mask in heard] == [True, False]


def test_a_change_costs_nobody_the_pixels_of_the_mask_and_who_reads_it_twice_gets_the_same_ones(painter, monkeypatch):
    read = []
    monkeypatch.setattr(mask_painter, "Mask", lambda pixels: read.append(pixels) or Mask(pixels))
    for _ in range(3):
        painter.on_change(lambda: None)
    Browser(painter).send("draw")
    assert read == []
    assert painter.mask is painter.mask
    assert len(read) == 1


def test_picture_mask_and_undo_survive_a_restart_of_the_kernel(tmp_path):
    with Autosave(tmp_path) as autosave:
        painter = MaskPainter(Picture(HALVES), history=autosave.history("inpaint"))
        painter.draw(Stroke([(20, 50), (100, 50)], size_px=20))
        painter.invert()
        before = painter.mask
        painter.close()
    with Autosave(tmp_path) as autosave:
        painter = MaskPainter(history=autosave.history("inpaint"))
        assert np.array_equal(painter.mask.pixels, before.pixels)
        assert painter.background == Picture(HALVES)
        painter.undo()
        assert painter.mask.pixels[50, 60] == 255
        painter.close()


def test_the_same_picture_keeps_the_mask_that_was_painted_on_it():
    history = SketchHistory()
    MaskPainter(Picture(HALVES), history=history).mask = square()
    again = MaskPainter(Picture(HALVES), history=history)
    assert np.array_equal(again.mask.pixels, square().pixels)
