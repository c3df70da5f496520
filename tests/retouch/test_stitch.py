from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core import BadInput, Box, Mask, Picture, Size
from lab.retouch.colours import to_lab
from lab.retouch.masks import visible
from lab.retouch.stitch import InpaintArea, inpaint_area, stitch
from tests.retouch import scenes
from tests.retouch.scenes import mask_with

NATIVE = Size(96, 96)


def drifted(picture: Picture, area: InpaintArea) -> Picture:
    """What a model with a poor autoencoder gives back when nothing but the mask is new: all colours a bit off."""
    pixels = picture.pixels.astype(np.float32)
    x = np.linspace(-1, 1, picture.size.width)[None, :, None]
    pixels = (pixels - 128) * 0.96 + 128 + np.array([5, -3, 7]) + 3 * x
    return Picture(np.rint(np.clip(pixels, 0, 255)).astype(np.uint8)).resized(area.size)


@given(
    size=st.builds(Size, st.integers(9, 160), st.integers(9, 160)),
    seed=st.integers(0, 2**32 - 1),
    channels=st.sampled_from([3, 4]),
    grow_px=st.integers(0, 8),
    feather_px=st.sampled_from([0, 6]),
)
def test_whatever_is_masked_nothing_outside_of_it_changes(
    size: Size, seed: int, channels: int, grow_px: int, feather_px: int
) -> None:
    picture = scenes.noise(size, seed=seed, channels=channels)
    mask = scenes.random_mask(np.random.default_rng(seed), size)
    area = inpaint_area(mask, native=NATIVE, grow_px=grow_px, feather_px=feather_px)
    result = stitch(picture, area, scenes.noise(area.size, seed=seed + 1))
    kept, new = area.paste.pixels == 0, area.paste.pixels == 255
    assert (result.pixels[kept] == picture.pixels[kept]).all()
    assert (result.pixels[new][..., :3] != picture.pixels[new][..., :3]).any() or not new.any()
    if feather_px == 0:
        assert (area.paste.pixels == visible(mask).pixels).all()


@pytest.mark.parametrize("size", [Size(96, 96), Size(97, 101), Size(333, 59), Size(40, 40), Size(301, 299)], ids=str)
def test_a_checkerboard_that_a_model_leaves_as_it_is_comes_back_exactly(size: Size) -> None:
    picture = scenes.checkerboard(size)
    dice = np.random.default_rng(1)
    for _ in range(20):
        area = inpaint_area(scenes.random_mask(dice, size), native=NATIVE, feather_px=4)
        assert stitch(picture, area, area.crop(picture)) == picture


def test_pasting_shifts_nothing() -> None:
    picture = scenes.checkerboard(Size(97, 101))
    area = inpaint_area(mask_with(picture.size, Box(20, 30, 70, 80)), native=NATIVE)
    assert not area.resampled
    lighter = area.crop(picture).pixels.copy()
    lighter[0, 0] ^= 1
    pasted = stitch(picture, area, Picture(lighter), match_colours=False)
    assert (pasted.pixels[31:79, 21:69] == picture.pixels[31:79, 21:69]).all()


@pytest.mark.parametrize("side", [40, 301])
def test_a_part_that_was_scaled_for_the_model_comes_back_unshifted(side: int) -> None:
    soft = cv2.GaussianBlur(scenes.noise(Size(side, side)).pixels.astype(np.float32), (0, 0), side / 20)
    soft -= soft.min()
    picture = Picture(np.rint(soft / soft.max() * 255).astype(np.uint8))
    area = inpaint_area(mask_with(picture.size, Box(0, 0, side, side)), native=NATIVE)
    assert area.resampled
    changed = area.crop(picture).pixels.copy()
    changed[0, 0] ^= 1
    result = stitch(picture, area, Picture(changed), match_colours=False)
    window = cv2.createHanningWindow((side, side), cv2.CV_64F)
    shift, _ = cv2.phaseCorrelate(*(p.pixels[..., 0].astype(np.float64) for p in (picture, result)), window)
    assert np.hypot(*shift) < 0.1


@pytest.mark.parametrize("feather_px", [0, 6])
@pytest.mark.parametrize("background", [scenes.flat, scenes.gradient])
@pytest.mark.parametrize("size", [Size(101, 97), Size(260, 200), Size(48, 60)], ids=str)
def test_no_seam_is_seen_on_a_plain_background(background, size: Size, feather_px: int) -> None:
    picture = background(size)
    left, top = size.width // 3, size.height // 3
    mask = mask_with(size, Box(left, top, left + size.width // 4, top + size.height // 4))
    area = inpaint_area(mask, native=NATIVE, feather_px=feather_px)
    redrawn = drifted(area.crop(picture), area)
    left_alone = stitch(picture, area, redrawn, match_colours=False)
    matched = stitch(picture, area, redrawn)
    assert scenes.step_across_the_seam(matched, area.paste, picture) < 1.0
    if feather_px == 0:
        assert scenes.step_across_the_seam(left_alone, area.paste, picture) > 3


def test_what_is_new_under_the_mask_keeps_its_own_colour() -> None:
    picture = scenes.flat(Size(120, 120), (120, 120, 120))
    area = inpaint_area(mask_with(picture.size, Box(40, 40, 80, 80)), native=Size(120, 120))
    redrawn = area.crop(picture).pixels.copy()
    redrawn[40:80, 40:80] = (220, 40, 30)
    result = stitch(picture, area, Picture(redrawn))
    assert np.abs(result.pixels[42:78, 42:78].astype(int) - (220, 40, 30)).max() <= 1


def test_colours_are_left_alone_when_the_whole_part_was_redrawn() -> None:
    picture = scenes.flat(Size(120, 120), (200, 200, 200))
    area = inpaint_area(mask_with(picture.size, Box(40, 40, 80, 80)), native=Size(120, 120))
    redrawn = scenes.flat(area.size, (30, 60, 90))
    assert (stitch(picture, area, redrawn).pixels[60, 60] == (30, 60, 90)).all()


def test_the_whole_picture_can_be_masked() -> None:
    picture = scenes.gradient(Size(77, 55))
    area = inpaint_area(Mask(np.full((55, 77), 255, np.uint8)), native=NATIVE)
    redrawn = scenes.noise(area.size)
    assert stitch(picture, area, redrawn).size == picture.size


def test_a_grey_mask_mixes_old_and_new() -> None:
    picture = scenes.flat(Size(96, 96), (0, 0, 0))
    grey = Mask(np.full((96, 96), 128, np.uint8))
    area = inpaint_area(grey, native=NATIVE)
    assert (stitch(picture, area, scenes.flat(area.size, (255, 255, 255))).pixels == 128).all()


def test_what_is_pasted_was_denoised_and_what_was_painted_is_pasted() -> None:
    dice = np.random.default_rng(2)
    for _ in range(50):
        mask = scenes.random_mask(dice, Size(90, 70))
        area = inpaint_area(mask, native=NATIVE, grow_px=int(dice.integers(0, 5)), feather_px=int(dice.integers(0, 9)))
        assert (area.paste.pixels >= visible(mask).pixels).all()
        assert (area.denoise.pixels >= area.paste.pixels).all()


def test_holes_are_redrawn_when_asked() -> None:
    ring = mask_with(Size(90, 90), Box(20, 20, 70, 70)).pixels.copy()
    ring[30:60, 30:60] = 0
    assert inpaint_area(Mask(ring), native=NATIVE).paste.pixels[45, 45] == 0
    assert inpaint_area(Mask(ring), native=NATIVE, fill_holes=True).paste.pixels[45, 45] == 255


def test_masks_and_pictures_are_cropped_alike() -> None:
    mask = scenes.random_mask(np.random.default_rng(3), Size(200, 150))
    area = inpaint_area(mask, native=NATIVE)
    seen = area.crop(area.denoise.to_picture())
    assert area.crop_mask().size == seen.size == area.size
    assert np.abs(seen.pixels[..., 0].astype(int) - area.crop_mask().pixels).mean() < 3


def test_a_transparent_picture_becomes_opaque_where_it_is_redrawn_only() -> None:
    picture = Picture(np.zeros((96, 96, 4), np.uint8))
    area = inpaint_area(mask_with(picture.size, Box(30, 30, 60, 60)), native=NATIVE)
    result = stitch(picture, area, scenes.flat(area.size, (10, 20, 30)))
    assert (result.pixels[45, 45] == (10, 20, 30, 255)).all()
    assert not result.pixels[10, 10].any()


def test_a_wrong_size_is_refused() -> None:
    picture = scenes.flat(Size(96, 96))
    area = inpaint_area(mask_with(picture.size, Box(30, 30, 60, 60)), native=NATIVE)
    with pytest.raises(BadInput, match="the redrawn part is 8x8, and should be 96x96"):
        stitch(picture, area, scenes.flat(Size(8, 8)))
    with pytest.raises(BadInput, match="the mask is 96x96 and the picture is 8x8"):
        stitch(scenes.flat(Size(8, 8)), area, picture)


def test_statistics_count_the_ring_alone() -> None:
    """Counting left-out pixels as black would leave a planted shift partly in place."""
    dice = np.random.default_rng(4)
    picture = Picture(dice.integers(100, 140, (120, 120, 3), dtype=np.uint8))
    picture = Picture(cv2.GaussianBlur(picture.pixels, (0, 0), 2))
    area = inpaint_area(mask_with(picture.size, Box(10, 10, 110, 110)), native=Size(120, 120))
    shifted = Picture(area.crop(picture).pixels + np.array([6, 0, 12], np.uint8))
    result = stitch(picture, area, shifted)
    left = to_lab(result.pixels)[40:80, 40:80].mean((0, 1)) - to_lab(picture.pixels)[40:80, 40:80].mean((0, 1))
    assert np.abs(left).max() < 0.3


def test_over_100_random_masks_no_seam_is_seen() -> None:
    dice = np.random.default_rng(5)
    worst = 0.0
    for number in range(100):
        size = Size(*(int(side) for side in dice.integers(40, 200, 2)))
        picture = (scenes.flat if number % 2 else scenes.gradient)(size)
        area = inpaint_area(scenes.random_mask(dice, size), native=size)
        result = stitch(picture, area, drifted(area.crop(picture), area))
        worst = max(worst, scenes.step_across_the_seam(result, area.paste, picture))
    assert worst < 1.0
