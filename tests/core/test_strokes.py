"""What strokes of every shape cover, areas found in pixels, and files of older versions."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lab.core import BadInput, Box, Mask, Picture, Size, Sketch, SketchHistory, Stroke, rasterise
from lab.core.incremental_raster import GrowingRaster
from lab.core.region_strokes import outlined, poured, text

PAPER = Size(64, 48)
SQUARE = [(10, 10), (30, 10), (30, 30), (10, 30)]


def alpha(*strokes: Stroke, size: Size | None = None) -> np.ndarray:
    return rasterise(Sketch(PAPER, strokes), size).pixels[..., 3]


def test_a_stroke_of_an_older_version_is_read_and_written_as_it_was() -> None:
    old = {"tool": "brush", "colour": "#102030", "size_px": 6.0, "opacity": 1.0, "points": "AACAPwAAAEAAAIA/"}
    stroke = Stroke.from_dict(old)
    assert stroke.points.tolist() == [[1, 2, 1]]
    assert (stroke.shape, stroke.hardness, stroke.mirror) == ("line", 1.0, "")
    assert stroke.to_dict() == old


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"shape": "star"}, "no shape 'star'"),
        ({"hardness": 1.5}, "hardness must be between 0 and 1"),
        ({"mirror": "z"}, "no mirror 'z'"),
        ({"breaks": (5,)}, "below its 4 points"),
        ({"breaks": (2, 2)}, "rise from 1"),
        ({"shape": "bitmap"}, "has a bitmap when"),
        ({"bitmap": Mask(np.zeros((4, 4), np.uint8))}, "has a bitmap when"),
    ],
)
def test_a_malformed_stroke_is_refused(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        Stroke(**{"points": SQUARE, **wrong})  # pyright: ignore[reportArgumentType]


def test_an_area_covers_its_inside_at_every_size() -> None:
    area = Stroke(SQUARE, shape="area")
    assert alpha(area).sum() / 255 == pytest.approx(400, rel=0.01)
    assert alpha(area, size=Size(256, 192)).sum() / 255 == pytest.approx(400 * 16, rel=0.01)


def test_rings_inside_rings_are_holes() -> None:
    hole = [(15, 15), (25, 15), (25, 25), (15, 25)]
    covered = alpha(Stroke([*SQUARE, *hole], shape="area", breaks=(4,)))
    assert (covered[20, 20], covered[12, 12]) == (0, 255)


@pytest.mark.parametrize(("mirror", "places"), [("x", {(5, 5), (58, 5)}), ("xy", {(5, 5), (58, 5), (5, 42), (58, 42)})])
def test_mirror_images_are_part_of_the_stroke(mirror: str, places: set[tuple[int, int]]) -> None:
    covered = alpha(Stroke([(5.5, 5.5)], size_px=4, mirror=mirror))
    found = {(x, y) for x in (5, 58) for y in (5, 42) if covered[y, x] == 255}
    assert found == places


def test_mirror_images_that_meet_do_not_darken_each_other() -> None:
    stroke = Stroke([(20, 24), (44, 24)], size_px=8, opacity=0.5, mirror="xy")
    assert set(np.unique(alpha(stroke)[24, 20:44])) == {128}


def test_a_soft_stroke_fades_to_its_edge_and_not_beyond() -> None:
    row = alpha(Stroke([(32, 24)], size_px=32, hardness=0.0))[24]
    assert row[32] > 180
    assert all(np.diff(row[32:52].astype(int)) <= 0)
    assert row[32 + 8] > 60
    assert row[32 + 20] == 0


def test_keeping_takes_ink_away_everywhere_else() -> None:
    line = Stroke([(0, 24), (64, 24)], size_px=10)
    covered = alpha(line, Stroke(SQUARE, shape="area", tool="keep"))
    assert (covered[24, 20], covered[24, 50]) == (255, 0)
    assert not alpha(line, Stroke([(500, 500)], tool="keep")).any()


def test_a_bitmap_is_its_grey_levels_and_survives_json() -> None:
    levels = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
    stroke = Stroke.of_mask(Mask(levels))
    assert np.array_equal(alpha(stroke), levels)
    twin = Stroke.from_dict(json.loads(json.dumps(stroke.to_dict())))
    assert twin == stroke


def test_an_outline_covers_the_pixels_that_it_was_made_of() -> None:
    covered = np.zeros((48, 64), np.uint8)
    covered[5:30, 10:50] = 1
    covered[12:20, 20:30] = 0
    found = alpha(outlined(covered, 1.0)) >= 128
    assert np.array_equal(found, covered > 0)


def test_a_bucket_goes_under_the_line_and_follows_to_any_size() -> None:
    region = np.zeros((96, 128), np.uint8)
    region[20:60, 20:80] = 255
    stroke = poured(Mask(region), PAPER)
    low, high = stroke.points[:, :2].min(0), stroke.points[:, :2].max(0)
    assert (low.tolist(), high.tolist()) == ([9.5, 9.5], [40.5, 30.5])


def test_letters_are_as_high_as_they_are_said_to_be() -> None:
    stroke = text("H", 10, 40, 30)
    ys = stroke.points[:, 1]
    assert ys.max() == pytest.approx(40, abs=0.5)
    assert 18 <= ys.max() - ys.min() <= 24


@pytest.mark.parametrize(("words", "height_px", "sentence"), [(" ", 30, "nothing to be seen"), ("a", 1, "4 to 1024")])
def test_letters_that_cannot_be_written_are_refused(words: str, height_px: float, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        text(words, 0, 0, height_px)


def test_a_background_is_kept_with_the_sketch_and_can_be_undone() -> None:
    recorded: list[str] = []
    picture = Picture(np.full((20, 30, 3), 90, np.uint8))
    history = SketchHistory(record=lambda change: recorded.append(json.dumps(change)))
    history.draw(Stroke(SQUARE))
    history.lay(picture)
    history.redraw(Stroke(SQUARE, shape="area"))
    twin = SketchHistory()
    twin.replay(json.loads(line) for line in recorded)
    assert twin.sketch == history.sketch
    assert twin.sketch.background == picture
    assert Sketch.from_dict(json.loads(json.dumps(twin.sketch.to_dict()))) == twin.sketch
    twin.undo()
    twin.undo()
    assert twin.sketch.background is None


def test_taking_strokes_back_and_undoing_a_clear_draws_nothing_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    sketch = Sketch(PAPER, tuple(Stroke([(i, i), (i + 9, i)]) for i in range(20)))
    growing = GrowingRaster()
    growing.follow(sketch, PAPER)
    monkeypatch.setattr("lab.core.raster.stroke_coverage", None)
    for count in range(19, 10, -1):
        growing.follow(sketch.with_strokes(sketch.strokes[:count]), PAPER)
    half = sketch.with_strokes(sketch.strokes[:10])
    growing.follow(half, PAPER)
    growing.follow(sketch.cleared(), PAPER)
    assert growing.follow(half, PAPER) == Box(0, 0, *PAPER)
    monkeypatch.undo()
    assert np.array_equal(growing.pixels, rasterise(half).pixels)


def test_when_memory_is_short_old_strokes_are_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.core.incremental_raster._PATCH_BYTES", 2000)
    sketch = Sketch(PAPER, tuple(Stroke([(i, i), (i + 9, i)]) for i in range(20)))
    growing = GrowingRaster()
    for count in (20, 15, 3, 20, 0, 1):
        part = sketch.with_strokes(sketch.strokes[:count])
        assert growing.picture(part) == rasterise(part)


def test_a_growing_raster_goes_back_to_a_sketch_that_it_left_though_another_looks_the_same() -> None:
    growing = GrowingRaster()
    first, second, other = (
        Sketch(PAPER, (Stroke(SQUARE), Stroke(np.array([[x, 5.0]]))))
        for x in (20, 20, 40)  # pyright: ignore[reportArgumentType]
    )
    for sketch in (first, second, other, second, first):
        assert growing.picture(sketch) == rasterise(sketch)
