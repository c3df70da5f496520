"""Maps that need no weights: what comes out is what ControlNets were trained on."""

from __future__ import annotations

import numpy as np
import pytest

from lab.core import Picture, Size
from lab.core.library_logging import quiet_thread
from lab.preprocessors import PREPROCESSORS, control_map, preprocessor_named

WITHOUT_WEIGHTS = [name for name, one in PREPROCESSORS.items() if one.weights is None]
SIZES = [Size(64, 64), Size(200, 136), Size(16, 24), Size(1, 1)]
WHITE = Picture(np.full((64, 64, 3), 255, np.uint8))


def test_those_that_every_machine_has_are_there() -> None:
    wanted = {"lines", "canny", "lineart_standard", "scribble_xdog", "threshold", "invert", "tile", "blur", "none"}
    assert wanted <= set(WITHOUT_WEIGHTS)
    assert not any(preprocessor_named(name).missing for name in wanted)


@pytest.mark.parametrize("name", list(PREPROCESSORS))
def test_every_one_says_what_it_is_for(name: str) -> None:
    declared = preprocessor_named(name)
    assert declared.help.endswith(".")
    assert declared.suits
    assert all(param.help for param in declared.params)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", WITHOUT_WEIGHTS)
def test_every_map_has_the_size_that_the_model_gets(name: str, size: Size, photo: Picture) -> None:
    made = control_map(name, photo, size, {})
    assert (made.size, made.has_alpha) == (size, False)


def test_what_is_transparent_is_a_hole_for_an_inpaint_controlnet(photo: Picture) -> None:
    alpha = np.full(photo.pixels.shape[:2], 255, np.uint8)
    alpha[:, : photo.size.width // 2] = 100
    made = control_map("inpaint", Picture(np.dstack([photo.pixels, alpha])), Size(64, 64), {})
    assert set(np.unique(made.pixels[..., 3])) == {0, 255}
    assert (made.pixels[:, :31, 3] == 0).all()
    assert (made.pixels[:, 33:, 3] == 255).all()
    assert np.array_equal(made.pixels[..., :3], photo.resized(Size(64, 64)).pixels), "colours do not bleed into holes"


@pytest.mark.parametrize("name", [name for name in WITHOUT_WEIGHTS if not preprocessor_named(name).keeps_alpha])
def test_what_is_transparent_counts_as_white_paper(name: str, photo: Picture) -> None:
    clear = Picture(np.dstack([photo.pixels, np.zeros(photo.pixels.shape[:2], np.uint8)]))
    white = Picture(np.full(photo.pixels.shape, 255, np.uint8))
    size = Size(96, 64)
    assert control_map(name, clear, size, {}) == control_map(name, white, size, {})


@pytest.mark.parametrize("name", ["canny", "lineart_standard", "scribble_xdog", "lines"])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_without_edges_gives_an_empty_map(name: str, level: int) -> None:
    flat = Picture(np.full((64, 64, 3), level, np.uint8))
    assert control_map(name, flat, Size(64, 64), {}).pixels.max() == 0


def test_canny_draws_the_outline_of_a_square() -> None:
    pixels = WHITE.pixels.copy()
    pixels[16:48, 16:48] = 0
    made = control_map("canny", Picture(pixels), WHITE.size, {}).pixels[..., 0]
    assert set(np.unique(made)) == {0, 255}
    rows, columns = np.nonzero(made)
    on_the_edge = np.minimum(abs(rows - 15.5), abs(rows - 47.5)) < 2
    on_the_edge |= np.minimum(abs(columns - 15.5), abs(columns - 47.5)) < 2
    assert on_the_edge.all()
    assert len(rows) > 100


def test_lower_thresholds_of_canny_find_more(photo: Picture) -> None:
    counts = [
        int(control_map("canny", photo, Size(256, 256), {"low_threshold": low, "high_threshold": 2 * low}).pixels.sum())
        for low in (20, 60, 120, 240)
    ]
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) == 4


@pytest.mark.parametrize(
    ("name", "theirs", "settings"),
    [
        ("canny", "CannyDetector", {"image_resolution": 192}),
        ("lineart_standard", "LineartStandardDetector", {}),
    ],
)
def test_without_the_library_the_same_map_as_with_it(name: str, theirs: str, settings: dict, photo: Picture) -> None:
    with quiet_thread():
        library = pytest.importorskip("controlnet_aux")
    size = Size(320, 192)
    picture = photo.resized(size)
    expected = getattr(library, theirs)()(picture.pixels, detect_resolution=192, output_type="np", **settings)
    made = control_map(name, picture, size, {}).pixels
    assert np.abs(made.astype(int) - expected.astype(int)).max() <= 1


def test_strokes_are_bolder_and_fewer_than_edges(photo: Picture) -> None:
    made = control_map("scribble_xdog", photo, Size(256, 256), {}).pixels
    assert set(np.unique(made)) == {0, 255}
    more = control_map("scribble_xdog", photo, Size(256, 256), {"threshold": 8}).pixels
    assert more.sum() > made.sum() > 0


def test_threshold_parts_light_from_dark() -> None:
    ramp = Picture(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(4, axis=0))
    made = control_map("threshold", ramp, ramp.size, {"level": 99}).pixels[0, :, 0]
    assert made.tolist() == [0] * 100 + [255] * 156


def test_inverting_twice_gives_the_picture_back(photo: Picture) -> None:
    once = control_map("invert", photo, photo.size, {})
    assert control_map("invert", once, photo.size, {}) == photo


def test_tile_and_none_keep_every_pixel(photo: Picture) -> None:
    assert control_map("tile", photo, photo.size, {}) == photo
    assert control_map("none", photo, photo.size, {}) == photo


def test_tile_and_blur_take_detail_away(photo: Picture) -> None:
    def detail(picture: Picture) -> float:
        return float(np.abs(np.diff(picture.pixels.astype(float), axis=0)).mean())

    for name, setting, values in (("tile", "reduce", (1, 2, 4, 8)), ("blur", "radius", (0.5, 2, 9, 30))):
        details = [detail(control_map(name, photo, photo.size, {setting: value})) for value in values]
        assert details == sorted(details, reverse=True), f"{name}: {details}"
        assert details[-1] < 0.3 * details[0]
