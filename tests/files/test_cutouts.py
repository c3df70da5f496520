"""Cut-outs know when they are wrong: what is pale is found or named, and the confidence stands beside the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lab.core import BadInput, Picture
from lab.core.catalogue import chosen_model
from lab.session.requests import requested
from lab.tasks import plan
from lab.vision.cutout import cut_out, is_cut_out
from tests.tasks.paper_stages import PaperStages

SIDE = 400


def box_on(ground: int, level: int, *, grain: float = 0.0) -> Picture:
    """A box that takes a fifth of the picture, of one grey on another."""
    pixels = np.full((SIDE, SIDE, 3), ground, np.uint8)
    cv2.rectangle(pixels, (110, 110), (288, 288), (level,) * 3, -1)
    noise = np.random.default_rng(4).normal(0, grain, (SIDE, SIDE, 1))
    return Picture(np.rint(np.clip(pixels + noise, 0, 255)).astype(np.uint8))


def shoe() -> tuple[Picture, np.ndarray]:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(mask, (200, 210), (130, 80), 15, 0, 360, 255, -1, cv2.LINE_AA)
    share = mask[..., None] / 255
    ground = np.linspace(246, 228, SIDE)[:, None, None]
    return Picture(np.rint(ground * (1 - share) + share * np.array([150, 50, 40])).astype(np.uint8)), mask


def opaque_share(picture: Picture) -> float:
    return float((picture.pixels[..., 3] > 127).mean())


@pytest.mark.parametrize(
    ("ground", "level", "grain"),
    [(255, 230, 0), (255, 230, 1), (255, 240, 0), (235, 250, 0), (255, 200, 2), (20, 40, 0), (128, 150, 1)],
)
def test_what_is_pale_on_pale_is_found(ground: int, level: int, grain: float) -> None:
    found = cut_out(box_on(ground, level, grain=grain))
    assert opaque_share(found) == pytest.approx(0.2, abs=0.01)
    assert found.pixels[200, 200, 3] == 255, "its middle is not eaten"


def test_what_nobody_sees_is_refused_with_the_remedy() -> None:
    with pytest.raises(BadInput, match=r"contrast is too faint: mark the subject with a trimap, or use a network"):
        cut_out(box_on(255, 255))


@pytest.mark.parametrize("corner", [0, 30, 90, 120])
def test_round_corners_are_no_cut_out(corner: int) -> None:
    picture, mask = shoe()
    alpha = np.full((SIDE, SIDE), 255, np.uint8)
    if corner:
        alpha[:] = 0
        cv2.rectangle(alpha, (corner, 0), (SIDE - corner, SIDE), 255, -1)
        cv2.rectangle(alpha, (0, corner), (SIDE, SIDE - corner), 255, -1)
        for x in (corner, SIDE - corner):
            for y in (corner, SIDE - corner):
                cv2.circle(alpha, (x, y), corner, 255, -1)
    for levels in (alpha, np.where(alpha == 255, 254, alpha)):
        found = cut_out(Picture(np.dstack([picture.pixels, levels.astype(np.uint8)])))
        assert opaque_share(found) == pytest.approx((mask > 127).mean(), abs=0.01)


def test_a_cut_out_comes_back_as_it_is() -> None:
    picture, mask = shoe()
    already = Picture(np.dstack([picture.pixels, mask]))
    assert is_cut_out(already)
    assert cut_out(already) is already


def test_the_holes_of_a_ring_are_clear() -> None:
    pixels = np.full((SIDE, SIDE, 3), 250, np.uint8)
    cv2.circle(pixels, (140, 200), 90, (212, 175, 55), 34, cv2.LINE_AA)
    cv2.circle(pixels, (300, 200), 50, (212, 175, 55), 14, cv2.LINE_AA)
    alpha = cut_out(Picture(pixels)).pixels[..., 3]
    assert alpha[200, 140] == alpha[200, 300] == 0
    assert alpha[110, 140] == 255


def said_of(picture: Picture) -> str:
    planned, stages = plan(requested(chosen_model("starter"), "remove_background", image=picture)), PaperStages()
    planned.task.made(planned.request, planned.plan, stages)
    return "; ".join(stages.said)


def test_the_confidence_is_said_and_doubted_where_the_background_is_not_plain(photo: Picture) -> None:
    assert said_of(shoe()[0]) == "cut out with a confidence of 100%"
    assert "look at it, or try the cut-out method" in said_of(photo)


def test_what_is_cut_to_pieces_is_refused_with_the_remedy() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    with pytest.raises(BadInput, match=r"for sure \(confidence .*%\): use the finder .* or a trimap"):
        said_of(Picture(noise))
