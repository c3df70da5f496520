"""Soft edges: how opaque they are, and what colours they have without their background."""

from __future__ import annotations

import numpy as np

from lab.core import Mask, Picture, Size
from lab.retouch.matting import decontaminated, matted
from tests.retouch import scenes
from tests.retouch.subjects import blob, photographed

SIZE = Size(320, 240)


def test_edges_are_freed_of_the_backgrounds_colour() -> None:
    truth = (40, 110, 60)
    picture = photographed(SIZE, (250, 60, 200), subject=truth)
    alpha = Mask(np.rint(blob(SIZE) * 255).astype(np.uint8))
    edge = (alpha.pixels > 40) & (alpha.pixels < 220)
    clean = decontaminated(picture, alpha).pixels[edge][:, :3].astype(int)
    assert np.abs(clean - truth).mean() < 10
    assert np.abs(picture.pixels[edge].astype(int) - truth).mean() > 50


def test_a_trimap_without_doubt_is_taken_as_it_is() -> None:
    hard = Mask(np.where(blob(SIZE) > 0.5, 255, 0).astype(np.uint8))
    assert matted(scenes.noise(SIZE), hard) is hard


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
