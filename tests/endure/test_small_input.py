"""Input that is small and would cost much: it costs what can be seen of it, or is refused before anything is made."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.core import BadInput, Mask, Picture, Size, Sketch, SketchHistory, Stroke, rasterise
from lab.core.coverage import areas, lines
from lab.core.region_strokes import text
from lab.retouch import masks

PAPER = Size(256, 192)
FAR = 99_999
ENOUGH_BYTES = 60_000_000


@pytest.fixture
def bytes_taken() -> Iterator[Callable[[], int]]:
    """How many bytes numpy and Python took at most since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def alpha(points: object, paper: Size = PAPER, size: Size | None = None, **pen: object) -> np.ndarray:
    return rasterise(Sketch(paper, (Stroke(points, **pen),)), size).pixels[..., 3]  # pyright: ignore[reportArgumentType]


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def scattered(count: int, reach: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-reach, reach, (count, 2))


def test_what_lies_outside_the_paper_is_not_divided_into_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    filled: list[int] = []
    fill = lines._fill
    monkeypatch.setattr(
        lines, "_fill", lambda samples, parts, fine: (filled.append(len(parts.first)), fill(samples, parts, fine))
    )
    alpha([(FAR * (-1) ** turn, FAR * (-1) ** (turn // 2)) for turn in range(150)], size_px=6)
    assert sum(filled) < 2000, "the whole way is 40 million pixels long"


@pytest.mark.parametrize("pressure", [(1.0, 1.0), (0.2, 0.9)])
@pytest.mark.parametrize("ends", [((-FAR, 90), (FAR, 100)), ((40, -50_000), (200, FAR)), ((-FAR, -FAR), (50, 50))])
def test_a_line_that_comes_from_afar_is_its_part_on_the_paper(
    ends: tuple[tuple[float, float], ...], pressure: tuple[float, float]
) -> None:
    first, last = np.array(ends, float)
    whole = alpha([(*first, pressure[0]), (*last, pressure[1])], size_px=20)
    shares = np.linspace(0, 1, 20_001)[:, None]
    points = np.hstack([first + (last - first) * shares, pressure[0] + (pressure[1] - pressure[0]) * shares])
    near = points[(np.abs(points[:, :2]) < 600).all(axis=1)]
    assert whole.any()
    assert difference(whole, alpha(near, size_px=20)) < 0.3


@pytest.mark.parametrize("pen", [{"size_px": 8}, {"size_px": 60}, {"size_px": 60, "hardness": 0.2, "mirror": "xy"}])
def test_a_line_that_is_filled_with_fewer_samples_is_the_same_line(
    monkeypatch: pytest.MonkeyPatch, pen: dict[str, object]
) -> None:
    points = np.abs(scattered(12, 190))
    exact = alpha(points, **pen)
    monkeypatch.setattr(lines, "_BUDGET_S", 5e-5)
    assert 0 < difference(exact, alpha(points, **pen)) < 3


def test_a_line_that_covers_the_paper_many_times_has_as_few_samples_as_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    estimates: list[float] = []
    fill = lines._fill

    def filling(samples: np.ndarray, parts: lines._Parts, fineness: float) -> None:
        estimates.append(lines._filling_s(parts, fineness, Size(1024, 1024)))
        fill(samples, parts, fineness)

    monkeypatch.setattr(lines, "_fill", filling)
    covered = alpha(np.abs(scattered(5000, 1024)), Size(1024, 1024), size_px=1500)
    assert covered.min() == 255
    assert estimates
    assert sum(estimates) <= lines._BUDGET_S


def test_an_area_with_many_crossings_is_the_same_area(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = np.linspace(0, 2 * np.pi, 60)
    star = np.column_stack([128 + 90 * np.cos(7 * turns), 96 + 90 * np.sin(5 * turns)])
    exact = alpha(star, shape="area")
    monkeypatch.setattr(areas, "_CROSSINGS", 1500)
    assert 0 < difference(exact, alpha(star, shape="area")) < 8


def test_an_area_from_afar_is_its_part_on_the_paper() -> None:
    half = alpha([(-FAR, -FAR), (100, -FAR), (100, FAR), (-FAR, FAR)], shape="area")
    assert (half[:, :100] == 255).all()
    assert not half[:, 100:].any()


@pytest.mark.parametrize("pen", [{"size_px": 2048}, {"size_px": 2048, "hardness": 0}, {"shape": "area", "hardness": 0}])
def test_a_pen_larger_than_its_paper_takes_no_more_memory_than_the_picture_needs(
    pen: dict[str, object], bytes_taken: Callable[[], int]
) -> None:
    alpha([(0, 0), (16, 16), (0, 16)], Size(16, 16), Size(512, 512), **{"size_px": 2048, **pen})
    assert bytes_taken() < ENOUGH_BYTES


HUGE = np.broadcast_to(np.uint8(1), (10**7, 10**7, 3))
REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "circle": (lambda: Sketch().circle(0, 0, 5e7), "radius of a circle is 0 to 100,000 pixels, not 50000000"),
    "no circle": (lambda: Sketch().circle(0, 0, float("nan")), "not nan"),
    "long words": (lambda: text("W" * 2000, 0, 0, 1024), "write fewer"),
    "many letters": (lambda: text("W" * 10**6, 0, 0, 8), "1000000 letters are too many"),
    "picture": (lambda: Picture.of(HUGE), "more than 50 megapixels"),
    "picture of floats": (lambda: Picture.of(np.broadcast_to(0.5, (10**7, 10**7))), "more than 50 megapixels"),
    "no picture": (lambda: Picture.of(np.broadcast_to(0.5, (10**7, 2, 10**7))), "this one has shape"),
    "mask": (lambda: Mask(HUGE[..., 0]), "more than 50 megapixels"),
    "points": (lambda: Stroke(np.broadcast_to(np.float32(1), (10**10, 3))), "1 to 50000 points"),
    "endless points": (lambda: Sketch().line((x, 0) for x in range(10**9)), "1 to 50000 points"),
    "raster": (lambda: rasterise(Sketch(), Size(10**6, 10**6)), "more than 50 megapixels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_too_large_is_refused_before_anything_is_made(name: str, bytes_taken: Callable[[], int]) -> None:
    make, sentence = REFUSED[name]
    with pytest.raises(BadInput, match=sentence):
        make()
    assert bytes_taken() < ENOUGH_BYTES


def test_words_that_fill_a_paper_have_an_outline() -> None:
    stroke = text("Wij\n" * 10, 0, 300, 300)
    assert np.ptp(stroke.points[:, 1]) > 2500


@pytest.mark.parametrize("px", [100, 600])
def test_a_wide_feather_ends_where_it_should(px: int) -> None:
    pixels = np.zeros((64, 1600), np.uint8)
    pixels[:, :200] = 255
    soft = masks.feather(Mask(pixels), px).pixels
    assert (soft[:, :200] == 255).all()
    assert not soft[:, 200 + px :].any()
    assert (np.diff(soft[32].astype(int)) <= 0).all(), "it falls steadily"
    assert soft[32, 200 + px // 4] > 128 > soft[32, 200 + px * 7 // 8]


WRONG: list[Callable[[SketchHistory], object]] = [
    lambda history: history.draw("x"),  # pyright: ignore[reportArgumentType]
    lambda history: history.replace("x"),  # pyright: ignore[reportArgumentType]
    lambda history: history.redraw("x"),  # pyright: ignore[reportArgumentType]
    lambda history: history.lay("x"),  # pyright: ignore[reportArgumentType]
    lambda history: history.lay(None, Size(9, 9)),
]


@pytest.mark.parametrize("change", WRONG)
def test_what_is_no_change_of_a_sketch_is_refused_and_leaves_it_as_it_was(
    change: Callable[[SketchHistory], object],
) -> None:
    recorded: list[dict[str, object]] = []
    history = SketchHistory(Sketch().circle(9, 9, 9), recorded.append)
    before = history.sketch
    with pytest.raises(BadInput):
        change(history)
    assert history.sketch is before
    assert (history.steps, recorded) == ((0, 0), [])
    history.draw(Stroke(np.zeros((1, 2))))
    assert [told["op"] for told in recorded] == ["draw"]


def _jpeg(scans: int) -> bytes:
    """A progressive JPEG that goes over its picture so many times more than it needs, and is followed by a video."""
    buffer = io.BytesIO()
    grey = Image.new("RGB", (64, 48), "grey")
    exif = Image.Exif()
    exif[0x010E] = "\xff\xda" * 99  # marks within a part are none
    grey.save(buffer, "JPEG", progressive=True, exif=exif)
    content = buffer.getvalue()
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * scans + b"\xff\xd9" + b"\xff\xda" * 99


@pytest.mark.parametrize("is_file", [False, True])
def test_a_jpeg_that_is_gone_over_a_thousand_times_is_refused(tmp_path: Path, is_file: bool) -> None:
    def door(content: bytes) -> Picture:
        (tmp_path / "picture.jpg").write_bytes(content)
        return Picture.of(tmp_path / "picture.jpg" if is_file else content)

    assert door(_jpeg(12)).size == (64, 48)
    with pytest.raises(BadInput, match="a JPEG of more than 24 scans"):
        door(_jpeg(1000))
