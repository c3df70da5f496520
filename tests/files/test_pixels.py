"""Pixels as they are meant: depths, modes and profiles become sRGB, or one sentence."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage.color import deltaE_ciede2000

from lab.core import BadInput, Picture, Size
from lab.core.catalogue import chosen_model
from lab.session.requests import requested
from lab.tasks import plan
from tests.files.icc import (
    CMYK_LEVELS,
    SPACES,
    cmyk_in_lab,
    cmyk_profile,
    encoded,
    grey_profile,
    lab_of,
    linear,
    rgb_profile,
    to_xyz,
)
from tests.tasks.paper_stages import PaperStages

RAMP = np.tile(np.arange(256), (16, 1))


def saved(image: Image.Image, kind: str, **settings: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()


def grey_of(content: bytes | Image.Image) -> list[int]:
    picture = Picture.of(content)
    assert (picture.pixels[..., 0] == picture.pixels[..., 2]).all()
    return picture.pixels[0, :, 0].tolist()


NUMBERS = {
    "int32 to 65535": RAMP.astype(np.int32) * 257,
    "int32 to 255": RAMP.astype(np.int32),
    "floats to 1": (RAMP / 255).astype(np.float32),
    "floats to 255": RAMP.astype(np.float32),
    "floats to 65535": RAMP.astype(np.float32) * 257,
    "uint16": (RAMP * 257).astype(np.uint16),
    "uint8": RAMP.astype(np.uint8),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_grey_of_any_depth_keeps_its_range(name: str) -> None:
    image = Image.fromarray(NUMBERS[name])
    assert grey_of(image) == list(range(256))
    assert grey_of(saved(image, "TIFF")) == list(range(256))
    assert grey_of(saved(image, "TIFF", compression="tiff_deflate")) == list(range(256))


@pytest.mark.parametrize(
    "numbers",
    [[[-1, 5]], [[0, 70_000]], [[0.0, np.nan]], [[0.0, np.inf]], [[-0.5, 1.0]], [[0.0, 1e9]]],
    ids=str,
)
def test_numbers_without_a_white_are_one_sentence(numbers: list[list[float]]) -> None:
    dtype = np.int32 if isinstance(numbers[0][0], int) else np.float32
    content = saved(Image.fromarray(np.array(numbers, dtype)), "TIFF")
    with pytest.raises(BadInput, match=r"the picture cannot be read as a picture \(its grey of .* goes from"):
        Picture.of(content)


@pytest.mark.parametrize("mode", ["RGBa", "La"])
def test_colours_that_are_multiplied_by_alpha_are_divided_by_it(mode: str) -> None:
    straight = Image.new(mode.upper(), (4, 4), (200, 100, 60, 128)[-len(mode) :] if mode == "RGBa" else (200, 128))
    picture = Picture.of(straight.convert(mode))
    right = Picture.of(straight)
    assert picture.has_alpha
    assert np.abs(picture.pixels.astype(int) - right.pixels).max() <= 1


def test_lab_is_read_as_cielab() -> None:
    colours = Image.fromarray(CHART)
    srgb, lab = (ImageCms.createProfile(kind) for kind in ("sRGB", "LAB"))
    image = ImageCms.profileToProfile(colours, srgb, lab, outputMode="LAB")
    assert image is not None
    for given in (image, saved(image, "TIFF")):
        found = lab_of_srgb(Picture.of(given).pixels)
        assert deltaE_ciede2000(found, lab_of_srgb(CHART)).mean() <= 0.6, "8 bits of a and b are coarse"


CHART = np.array(
    [
        [(115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170)],
        [(214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46)],
        [(56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (60, 133, 161)],
        [(243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52)],
    ],
    np.uint8,
)
"""A chart of 24 patches in sRGB, after the one that photographers hold into the picture (BabelColor's averages)."""


def lab_of_srgb(pixels: np.ndarray) -> np.ndarray:
    return lab_of(linear("sRGB", pixels[..., :3] / 255) @ to_xyz("sRGB").T)


def chart_in(space: str) -> tuple[bytes, np.ndarray]:
    """The chart, 16 pixels a patch, as a PNG in this space or a TIFF in CMYK; and its colours in CIELAB."""
    if space == "CMYK":
        inks = np.random.default_rng(5).choice(CMYK_LEVELS[:4], (4, 6, 4)).astype(np.uint8)
        inks[..., 3] = 0
        image = Image.fromarray(inks.repeat(16, 0).repeat(16, 1), "CMYK")
        return saved(image, "TIFF", icc_profile=cmyk_profile()), np.array(
            [[cmyk_in_lab(own) for own in row] for row in inks]
        )
    light = linear("sRGB", CHART / 255) @ (np.linalg.inv(to_xyz(space)) @ to_xyz("sRGB")).T
    values = np.rint(encoded(space, light) * 255).astype(np.uint8).repeat(16, 0).repeat(16, 1)
    return saved(Image.fromarray(values), "PNG", icc_profile=rgb_profile(space)), lab_of_srgb(CHART)


@pytest.mark.parametrize("space", [*SPACES, "CMYK"])
def test_a_chart_keeps_its_colours_through_reading_inpainting_beside_it_and_saving(space: str) -> None:
    content, right = chart_in(space)
    picture = Picture.of(content)
    mask = np.zeros(picture.pixels.shape[:2], np.uint8)
    mask[-1, -1] = 255
    settings = {"image": picture, "mask": mask, "grow_px": 0, "feather_px": 0}
    planned = plan(requested(chosen_model("starter"), "inpaint", **settings))
    made = planned.task.made(planned.request, planned.plan, PaperStages())
    read = Picture.of(made.to_png())
    assert "icc_profile" not in Image.open(io.BytesIO(made.to_png())).info, "sRGB needs none"
    found = lab_of_srgb(read.pixels[8::16, 8::16])
    assert deltaE_ciede2000(found, right).max() <= 1


def test_an_embedded_srgb_profile_changes_no_pixel() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    for profile in (rgb_profile("sRGB"), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()):
        assert (Picture.of(saved(Image.fromarray(pixels), "PNG", icc_profile=profile)).pixels == pixels).all()


def test_transparency_and_a_palette_go_through_a_profile() -> None:
    straight = Image.new("RGBA", (8, 8), (60, 200, 60, 77))
    profile = rgb_profile("Adobe RGB")
    picture = Picture.of(saved(straight, "PNG", icc_profile=profile))
    light = np.linalg.inv(to_xyz("sRGB")) @ to_xyz("Adobe RGB") @ linear("Adobe RGB", np.array([60, 200, 60]) / 255)
    right = [*encoded("sRGB", light) * 255, 77]
    assert np.abs(picture.pixels[0, 0] - right).max() <= 1
    palette = straight.convert("RGB").quantize(4)
    assert np.abs(Picture.of(saved(palette, "PNG", icc_profile=profile)).pixels[0, 0] - right[:3]).max() <= 1


def test_a_grey_profile_counts_on_grey_and_one_of_rgb_does_not() -> None:
    grey = Image.new("L", (8, 8), 100)
    light = (100 / 255) ** 1.8
    right = round(float(encoded("sRGB", np.array(light))) * 255)
    assert abs(grey_of(saved(grey, "PNG", icc_profile=grey_profile(1.8)))[0] - right) <= 1
    assert grey_of(saved(grey, "PNG", icc_profile=rgb_profile("ProPhoto")))[0] == 100


def test_a_broken_profile_is_one_sentence() -> None:
    content = saved(Image.new("RGB", (8, 8)), "PNG", icc_profile=b"no profile at all " * 20)
    with pytest.raises(BadInput, match=r"\(its colour profile is broken\): save it again as PNG or JPEG"):
        Picture.of(content)


def test_sixteen_bits_in_a_grey_profile_are_both_heeded() -> None:
    image = Image.fromarray(np.full((8, 8), 100 * 257, np.uint16))
    content = saved(image, "TIFF", icc_profile=grey_profile(1.0))
    right = round(float(encoded("sRGB", np.array(100 / 255))) * 255)
    assert abs(grey_of(content)[0] - right) <= 1
    assert Picture.of(content).size == Size(8, 8)
