from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lab.core import BadInput, Mask, MissingWeights, Picture, Size
from lab.retouch.matting import decontaminated, matted, trimap_around
from lab.vision.cutout import CUSTOM, cut_out, subject_mask
from tests.retouch import scenes
from tests.retouch.subjects import blob, photographed

SIZE = Size(320, 240)
BACKGROUNDS = [(250, 250, 250), (225, 222, 215), (150, 170, 230), (40, 42, 48)]


def wrongness(alpha: Mask, truth: np.ndarray) -> float:
    """The mean error of alpha as a share of the subject's area."""
    return float(np.abs(alpha.pixels / 255 - truth).mean() / truth.mean())


@pytest.mark.parametrize("background", BACKGROUNDS, ids=str)
@pytest.mark.parametrize("size", [SIZE, Size(1001, 751)], ids=str)
def test_a_subject_on_a_plain_background_is_cut_out(background: tuple[int, int, int], size: Size) -> None:
    picture = photographed(size, background, subject=(190, 80, 40))
    assert wrongness(subject_mask(picture), blob(size)) < 0.03


def test_opaque_pixels_are_the_pictures_own_and_the_rest_is_clear() -> None:
    picture = photographed(SIZE, (250, 250, 250))
    cut = cut_out(picture).pixels
    opaque = cut[..., 3] == 255
    assert opaque.sum() > 5000
    assert (cut[opaque][:, :3] == picture.pixels[opaque]).all()
    assert not cut[cut[..., 3] == 0].any()


def lamp_on_white(*, shade: float) -> tuple[Picture, np.ndarray]:
    """A red block that carries a thin grey pole, a soft grey shadow below it; and where the pole is."""
    pixels = np.full((240, 320, 3), 250, np.float32)
    shadow = np.zeros((240, 320), np.float32)
    shadow[200:215, 60:260] = shade
    pixels -= cv2.GaussianBlur(shadow, (0, 0), 9)[..., None]
    pole = np.zeros((240, 320), bool)
    pole[20:120, 200:208] = True
    pixels[pole] = 185
    pixels[120:200, 100:220] = (190, 40, 30)
    return Picture(np.rint(pixels).astype(np.uint8)), pole


def test_thin_grey_parts_belong_to_the_subject_and_a_soft_shadow_does_not() -> None:
    picture, pole = lamp_on_white(shade=110)
    alpha = subject_mask(picture).pixels
    assert (alpha[pole] > 200).mean() > 0.95, "the pole is cut off"
    assert (alpha[212:] < 50).mean() > 0.99, "the shadow is taken along"


def test_edges_are_freed_of_the_backgrounds_colour() -> None:
    truth = (40, 110, 60)
    picture = photographed(SIZE, (250, 60, 200), subject=truth)
    alpha = Mask(np.rint(blob(SIZE) * 255).astype(np.uint8))
    edge = (alpha.pixels > 40) & (alpha.pixels < 220)
    clean = decontaminated(picture, alpha).pixels[edge][:, :3].astype(int)
    assert np.abs(clean - truth).mean() < 10
    assert np.abs(picture.pixels[edge].astype(int) - truth).mean() > 50


def test_a_trimap_says_where_to_look() -> None:
    picture = photographed(SIZE, (250, 250, 250))
    truth = blob(SIZE)
    trimap = trimap_around(Mask(np.rint(truth * 255).astype(np.uint8)), 6)
    cut = cut_out(picture, trimap=trimap)
    assert wrongness(Mask(cut.pixels[..., 3]), truth) < 0.02
    assert (cut.pixels[..., 3][trimap.pixels == 255] == 255).all()
    assert not cut.pixels[..., 3][trimap.pixels == 0].any()


def test_a_trimap_without_doubt_is_taken_as_it_is() -> None:
    hard = Mask(np.where(blob(SIZE) > 0.5, 255, 0).astype(np.uint8))
    assert matted(scenes.noise(SIZE), hard) is hard


def test_a_picture_that_is_cut_out_already_comes_back_as_it_is() -> None:
    picture = Picture(np.dstack([scenes.noise(SIZE).pixels, np.rint(blob(SIZE) * 255).astype(np.uint8)]))
    assert cut_out(picture) is picture


@pytest.mark.parametrize("picture", [scenes.flat(SIZE), scenes.gradient(SIZE), scenes.flat(Size(3, 2))], ids=str)
def test_a_picture_of_nothing_is_refused(picture: Picture) -> None:
    with pytest.raises(BadInput, match="nothing stands out from the background"):
        cut_out(picture)


def test_an_own_network_is_read_from_rembgs_folder_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    with pytest.raises(MissingWeights, match=r"there is no file nowhere\.onnx"):
        cut_out(scenes.noise(SIZE), model=CUSTOM, weights="nowhere.onnx")
    with pytest.raises(MissingWeights, match=rf"reads the one ONNX file in {tmp_path}.*in which there are 0: put one"):
        cut_out(scenes.noise(SIZE), model=CUSTOM)
    assert not list(tmp_path.iterdir())
    stray = tmp_path.parent / "stray.onnx"
    stray.touch()
    with pytest.raises(BadInput, match="rembg reads weights from its own folder only: put"):
        cut_out(scenes.noise(SIZE), model=CUSTOM, weights=stray)


def test_mistakes_are_named() -> None:
    picture = scenes.noise(SIZE)
    with pytest.raises(BadInput, match="no model 'magic' to cut out with: use one of plain, isnet-general-use"):
        cut_out(picture, model="magic")
    with pytest.raises(BadInput, match="no matting 'magic': use one of quick, closed-form"):
        cut_out(picture, matting="magic", trimap=Mask(np.full((240, 320), 128, np.uint8)))
    with pytest.raises(BadInput, match="the trimap marks no subject"):
        cut_out(picture, trimap=Mask(np.zeros((240, 320), np.uint8)))
    with pytest.raises(BadInput, match="the mask is 1x1 and the picture is 320x240"):
        cut_out(picture, trimap=Mask(np.zeros((1, 1), np.uint8)))


def test_the_closed_form_finds_hair() -> None:
    """Compiles pymatting when it is first used on a machine: most of a minute, once."""
    size = Size(96, 72)
    truth = blob(size)
    rows = np.arange(72)[:, None]
    truth = np.maximum(truth, ((rows % 6 == 0) & (np.arange(96) > 60) & (np.arange(96) < 90)) * 0.7)
    behind = scenes.gradient(size).pixels.astype(np.float32)
    seen = behind * (1 - truth[..., None]) + np.array([20, 15, 10]) * truth[..., None]
    trimap = np.where(truth > 0, 128, 0).astype(np.uint8)
    trimap[:, 58:92] = 128
    trimap[blob(size) > 0.99] = 255
    alpha = matted(Picture(np.rint(seen).astype(np.uint8)), Mask(trimap), "closed-form")
    assert np.abs(alpha.pixels / 255 - truth).mean() < 0.05
