"""Change only that, planted: photographs, edited, moved, zoomed, recoloured and noisy, are brought back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lab.core import BadInput, Mask, Picture
from lab.retouch.edits import kept_edit, registered

data = pytest.importorskip("skimage.data")
NAMES = ("astronaut", "chelsea", "coffee")


def photo(name: str, side: int = 512) -> np.ndarray:
    pixels = getattr(data, name)()[..., :3]
    scale = side / max(pixels.shape[:2])
    pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return pixels[: pixels.shape[0] // 16 * 16, : pixels.shape[1] // 16 * 16]


def planted(seed: int) -> tuple[Picture, Picture, np.ndarray, np.ndarray]:
    """A photograph, what a model makes of it, where that is another picture, and how it lies."""
    dice = np.random.default_rng(seed)
    old = photo(NAMES[seed % 3])
    height, width = old.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    radius = int(np.sqrt(dice.uniform(0.02, 0.4) * height * width / np.pi))
    across, along = (int(dice.integers(radius // 2, side - radius // 2)) for side in (width, height))
    axes, turn = (int(radius * 1.2), int(radius / 1.2)), float(dice.uniform(0, 180))
    cv2.ellipse(mask, (across, along), axes, turn, 0, 360, 255, -1)
    other = cv2.resize(photo(NAMES[(seed + 1) % 3]), (width, height))[::-1, ::-1]
    new = np.where(mask[..., None] > 0, other, old).astype(np.float32)
    new = cv2.GaussianBlur(new, (0, 0), 0.7) + dice.normal(0, 2, new.shape).astype(np.float32)
    lab = cv2.cvtColor(np.clip(new, 0, 255) / np.float32(255), cv2.COLOR_RGB2LAB)
    lab = lab * dice.uniform((0.93, 0.9, 0.9), (1.07, 1.1, 1.1)) + dice.uniform((-3, -4, -4), (3, 4, 4))
    new = np.clip(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB) * 255, 0, 255)
    zoom, (right, down) = dice.uniform(0.97, 1.03), dice.uniform(-16, 16, 2)
    lies = np.array([[zoom, 0, right + (1 - zoom) * width / 2], [0, zoom, down + (1 - zoom) * height / 2]])
    new = cv2.warpAffine(new, lies, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return Picture(old.copy()), Picture(np.rint(np.clip(new, 0, 255)).astype(np.uint8)), mask > 0, lies


def test_only_the_edit_is_taken_over() -> None:
    off, alike, beside = [], [], []
    for seed in range(9):
        old, new, edit, lies = planted(seed)
        found = registered(old, new)
        y, x = np.nonzero(~edit)
        places = np.stack([x, y, np.ones_like(x)])[:, ::97]
        off.append(np.abs((found.map - lies) @ places).max())
        kept = kept_edit(old, new)
        marked, seen, wanted = kept.changed.pixels > 0, found.inside, edit & found.inside
        alike.append((marked & wanted).sum() / ((marked & seen) | wanted).sum())
        beside.append((marked & ~edit).sum() / (~edit).sum())
        away = cv2.dilate(kept.changed.pixels, np.ones((19, 19), np.uint8)) == 0
        assert np.array_equal(kept.picture.pixels[away], old.pixels[away]), f"seed {seed}: it changed elsewhere"
        assert not np.array_equal(kept.picture.pixels[marked], old.pixels[marked])
    said = (
        f"px off p95 {np.quantile(off, 0.95):.2f}; IoU median {np.median(alike):.2f}, p10 {np.quantile(alike, 0.1):.2f}"
    )
    said += f"; of the rest marked median {np.median(beside):.4f}, p90 {np.quantile(beside, 0.9):.3f}"
    assert np.quantile(off, 0.95) <= 0.25, said
    assert np.median(alike) >= 0.93, said
    assert np.median(beside) <= 0.02, said


@pytest.mark.parametrize("name", NAMES)
def test_where_nothing_changed_the_original_comes_back(name: str) -> None:
    old = Picture(photo(name).copy())
    drifted = cv2.GaussianBlur(old.pixels, (0, 0), 0.6).astype(np.float32) * 0.96 + 4
    kept = kept_edit(old, Picture(np.rint(drifted).astype(np.uint8)))
    assert kept.picture == old
    assert not kept.changed.pixels.any()


@pytest.mark.parametrize("turn", [0, 2])
def test_another_picture_is_refused(turn: int) -> None:
    for one in NAMES:
        for other in NAMES:
            theirs = np.rot90(photo(other), turn)
            if one != other or turn == 2:
                with pytest.raises(BadInput, match="too little of the picture is found again"):
                    kept_edit(Picture(photo(one).copy()), Picture(np.ascontiguousarray(theirs)))


def test_a_painted_mask_says_where() -> None:
    old, new, _, _ = planted(3)
    pixels = np.zeros(old.pixels.shape[:2], np.uint8)
    pixels[40:80, 40:120] = 255
    kept = kept_edit(old, new, Mask(pixels))
    differs = (kept.picture.pixels != old.pixels).any(axis=-1)
    assert differs[40:80, 40:120].any()
    assert not differs[cv2.dilate(pixels, np.ones((9, 9), np.uint8)) == 0].any()


def test_a_drawing_without_features_is_brought_back_by_its_edges() -> None:
    paper = np.full((256, 320, 3), 255, np.uint8)
    cv2.circle(paper, (150, 120), 70, (40, 40, 40), 3)
    lies = np.array([[1.0, 0, 3.0], [0, 1.0, -2.0]])
    moved = cv2.warpAffine(paper, lies, (320, 256), borderValue=(255, 255, 255))
    found = registered(Picture(paper), Picture(moved))
    assert np.abs(found.map @ [150, 120, 1] - lies @ [150, 120, 1]).max() < 0.5
