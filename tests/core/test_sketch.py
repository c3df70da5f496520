from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core import BadInput, Size, Sketch, SketchHistory, Stroke, rasterise
from lab.core.incremental_raster import GrowingRaster
from tests.endure.full import times

strokes = st.builds(
    Stroke,
    points=st.lists(
        st.tuples(st.floats(-20, 80, width=32), st.floats(-20, 80, width=32), st.floats(0, 1, width=32)),
        min_size=1,
        max_size=9,
    ),
    tool=st.sampled_from(["brush", "eraser", "keep"]),
    colour=st.sampled_from(["#000000", "#ff8000"]),
    size_px=st.floats(0.25, 30),
    opacity=st.floats(0, 1),
    shape=st.sampled_from(["line", "area"]),
    hardness=st.sampled_from([1.0, 0.5, 0.0]),
    mirror=st.sampled_from(["", "x", "xy"]),
)


@given(st.lists(strokes, max_size=4))
def test_a_sketch_survives_json(drawn: list[Stroke]) -> None:
    sketch = Sketch(Size(64, 48), tuple(drawn))
    assert Sketch.from_dict(json.loads(json.dumps(sketch.to_dict()))) == sketch


def test_neither_sketch_nor_stroke_follows_what_it_was_made_of() -> None:
    points = np.array([[1.0, 2.0, 1.0], [30.0, 40.0, 1.0]], np.float32)
    drawn = [Stroke(points)]
    sketch = Sketch(Size(64, 48), drawn)  # pyright: ignore[reportArgumentType]
    points[:] = 0
    drawn.clear()
    assert sketch == Sketch(Size(64, 48)).line([(1, 2), (30, 40)])
    assert hash(sketch)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"tool": "spray"}, "no tool 'spray'"),
        ({"colour": "red"}, "written #rrggbb, not 'red'"),
        ({"size_px": 0}, "size_px must be between 0.25 and 2048, not 0"),
        ({"size_px": float("nan")}, "size_px"),
        ({"opacity": 1.5}, "opacity must be between 0 and 1, not 1.5"),
        ({"points": []}, "shape"),
        ({"points": [[1, 2, 3, 4]]}, r"shape \(1, 4\)"),
        ({"points": [[1, math.inf, 1]]}, "not a number"),
        ({"points": [[1, 1e9, 1]]}, "far outside"),
        ({"points": "abc"}, "numbers"),
    ],
)
def test_a_malformed_stroke_is_refused(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        Stroke(**{"points": [[1, 2, 1]], **wrong})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "values", [{}, {"size": [64]}, {"size": [64, 64], "strokes": [{}]}, {"size": "x", "strokes": []}]
)
def test_what_is_no_sketch_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        Sketch.from_dict(values)


@pytest.mark.parametrize("size_px", [2, 6, 20, 100])
def test_a_dot_covers_the_area_of_its_disc(size_px: float) -> None:
    alpha = rasterise(Sketch() + Stroke(np.array([[200.3, 210.8]]), size_px=size_px)).pixels[..., 3]
    assert alpha.sum() / 255 == pytest.approx(math.pi * size_px**2 / 4, rel=0.02, abs=0.2)


def test_a_line_covers_its_width_times_its_length() -> None:
    alpha = rasterise(Sketch().line([(100, 100), (300, 250)], size_px=8)).pixels[..., 3]
    assert alpha.sum() / 255 == pytest.approx(8 * 250 + math.pi * 16, rel=0.02)


def test_a_translucent_stroke_does_not_darken_itself() -> None:
    pixels = rasterise(Sketch().line([(10, 50), (90, 50), (50, 10), (50, 90)], size_px=12, opacity=0.5)).pixels
    assert pixels[..., 3].max() == 128


def test_the_eraser_takes_ink_away() -> None:
    sketch = Sketch().line([(0, 100), (500, 100)], size_px=20).line([(250, 0), (250, 200)], size_px=40, tool="eraser")
    alpha = rasterise(sketch).pixels[..., 3]
    assert alpha[100, 250] == 0
    assert alpha[100, 100] == 255


def test_ink_over_ink_is_the_newer_colour() -> None:
    sketch = Sketch().line([(0, 50), (100, 50)], colour="#ff0000", size_px=20)
    pixels = rasterise(sketch.line([(50, 0), (50, 100)], colour="#0000ff", size_px=20)).pixels
    assert pixels[50, 50].tolist() == [0, 0, 255, 255]
    assert pixels[50, 10].tolist() == [255, 0, 0, 255]


def test_a_sketch_is_drawn_anew_at_another_size_and_not_scaled() -> None:
    sketch = Sketch(Size(64, 64)).circle(32, 32, 20, size_px=3)
    large = rasterise(sketch, Size(512, 512)).pixels[..., 3]
    # A scaled picture would be grey over a width of several pixels; a drawn one has an edge of about one.
    assert ((large > 10) & (large < 245)).sum() < 0.08 * (large > 0).sum()


@settings(max_examples=times(30, 10))
@given(st.lists(strokes, min_size=3, max_size=6), st.sampled_from([Size(64, 48), Size(128, 96)]))
def test_a_growing_raster_is_the_raster(drawn: list[Stroke], size: Size) -> None:
    growing = GrowingRaster()
    paper = Sketch(Size(64, 48))
    for count in (1, 3, 2, 3, 0, len(drawn)):
        sketch = Sketch(paper.size, tuple(drawn[:count]))
        assert growing.picture(sketch, size) == rasterise(sketch, size)
    other = Sketch(Size(48, 64), tuple(drawn))
    assert growing.picture(other, size) == rasterise(other, size)


@pytest.mark.parametrize("point", [(-50, -50), (1000, 20), (0, 0), (511.9, 511.9)])
def test_a_stroke_may_lie_outside(point: tuple[float, float]) -> None:
    rasterise(Sketch().line([point, (point[0] + 1, point[1])], size_px=30))


changes = st.lists(st.sampled_from(["draw", "undo", "redo", "clear", "wide", "high"]), max_size=40)


@given(changes)
def test_a_replayed_history_is_the_same_history(ops: list[str]) -> None:
    recorded: list[str] = []
    history = SketchHistory(record=lambda change: recorded.append(json.dumps(change)))
    for number, op in enumerate(ops):
        match op:
            case "draw":
                history.draw(Stroke(np.array([[number, number]])))
            case "clear":
                history.clear()
            case "undo":
                history.undo()
            case "redo":
                history.redo()
            case "wide":
                history.fit(Size(64, 48))
            case "high":
                history.fit(Size(48, 64))
    twin = SketchHistory()
    twin.replay(json.loads(line) for line in recorded)
    while True:
        assert (twin.sketch, twin.can_redo) == (history.sketch, history.can_redo)
        assert twin.undo() == history.undo()
        if not history.can_undo:
            break


def test_undo_is_at_least_two_hundred_deep() -> None:
    history = SketchHistory()
    for number in range(300):
        history.draw(Stroke(np.array([[number, 0]])))
    for _ in range(300):
        assert history.undo()
    assert history.sketch.is_empty
    assert not history.undo()


def test_drawing_after_undo_forgets_what_was_taken_back() -> None:
    history = SketchHistory()
    history.draw(Stroke(np.array([[1, 1]])))
    history.undo()
    history.draw(Stroke(np.array([[2, 2]])))
    assert not history.redo()


WIDE, HIGH = Size(64, 48), Size(48, 64)
DOT, DASH = Stroke(np.array([[1, 1]])), Stroke(np.array([[2, 2]]))


def test_bare_paper_of_another_size_is_no_step() -> None:
    history = SketchHistory(Sketch(WIDE))
    history.draw(DOT)
    history.undo()
    history.fit(HIGH)
    assert (history.sketch, history.steps) == (Sketch(HIGH), (0, 1))


def test_strokes_of_another_size_are_set_aside() -> None:
    history = SketchHistory(Sketch(WIDE))
    history.draw(DOT)
    history.fit(HIGH)
    assert history.sketch == Sketch(HIGH)
    history.undo()
    assert history.sketch == Sketch(WIDE, (DOT,))


def test_undo_and_redo_past_another_size_lose_nothing() -> None:
    history = SketchHistory(Sketch(WIDE))
    history.draw(DOT)
    history.fit(HIGH)
    history.draw(DASH)
    for _ in range(5):
        history.undo()
        history.fit(HIGH)
        assert history.sketch == Sketch(HIGH), "what does not fit this paper is passed over"
    history.redo()
    assert history.sketch == Sketch(HIGH, (DASH,))
    history.undo()
    history.fit(WIDE)
    for _ in range(2):
        history.redo()
        history.fit(WIDE)
        assert history.sketch == Sketch(WIDE), "nor does what was drawn on the other one"
    history.undo()
    assert history.sketch == Sketch(WIDE, (DOT,))


@pytest.mark.parametrize("change", [{"op": "melt"}, {}, {"op": "draw"}, {"op": "draw", "stroke": {}}])
def test_an_unknown_change_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        SketchHistory().replay([change])
