"""Cutting out, as far as it needs no network's weights: the pixels of a cut-out, trimaps, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.core import BadInput, Mask, MissingWeights, Picture, Size
from lab.retouch.matting import trimap_around
from lab.vision.cutout import CUSTOM, cut_out
from tests.retouch import scenes
from tests.retouch.subjects import blob, photographed, wrongness

SIZE = Size(320, 240)


def test_opaque_pixels_are_the_pictures_own_and_the_rest_is_clear() -> None:
    picture = photographed(SIZE, (250, 250, 250))
    cut = cut_out(picture).pixels
    opaque = cut[..., 3] == 255
    assert opaque.sum() > 5000
    assert (cut[opaque][:, :3] == picture.pixels[opaque]).all()
    assert not cut[cut[..., 3] == 0].any()


def test_a_trimap_says_where_to_look() -> None:
    picture = photographed(SIZE, (250, 250, 250))
    truth = blob(SIZE)
    trimap = trimap_around(Mask(np.rint(truth * 255).astype(np.uint8)), 6)
    cut = cut_out(picture, trimap=trimap)
    assert wrongness(Mask(cut.pixels[..., 3]), truth) < 0.02
    assert (cut.pixels[..., 3][trimap.pixels == 255] == 255).all()
    assert not cut.pixels[..., 3][trimap.pixels == 0].any()


def test_a_picture_that_is_cut_out_already_comes_back_as_it_is() -> None:
    picture = Picture(np.dstack([scenes.noise(SIZE).pixels, np.rint(blob(SIZE) * 255).astype(np.uint8)]))
    assert cut_out(picture) is picture


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
