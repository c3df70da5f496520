"""Cut-outs know when they are wrong: what is pale is found or named, and the confidence stands beside the picture."""

from __future__ import annotations

import re
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from lab.core import BadInput, Mask, Picture
from lab.core.catalogue import chosen_model
from lab.retouch.matting import trimap_around
from lab.session.requests import requested
from lab.tasks import plan
from lab.vision.cutout import cut_out, is_cut_out
from tests.files.photographs import PHOTOGRAPHS, off_px, photograph, subject_of
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


def wheel() -> tuple[Picture, np.ndarray]:
    """A rim, a hub and sixteen spokes, on a pale ground."""
    mask = np.zeros((2 * SIDE, 2 * SIDE), np.uint8)
    cv2.circle(mask, (SIDE, SIDE), 320, 255, 26, cv2.LINE_AA)
    cv2.circle(mask, (SIDE, SIDE), 46, 255, -1, cv2.LINE_AA)
    for turn in np.arange(16) * np.pi / 8:
        end = (SIDE + round(320 * np.cos(turn)), SIDE + round(320 * np.sin(turn)))
        cv2.line(mask, (SIDE, SIDE), end, 255, 7, cv2.LINE_AA)
    return laid(mask, (70, 74, 80), np.full(mask.shape, 244.0)), mask


def frame() -> tuple[Picture, np.ndarray]:
    """A picture frame, whose light from above throws a soft shadow on the wall that is seen through it."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(mask, (60, 60), (340, 340), 255, 30)
    falls = np.roll(cv2.GaussianBlur(mask, (0, 0), 9), (14, 10), (0, 1))
    return laid(mask, (120, 80, 40), 240 - 34 * (falls / 255.0)), mask


def tumbler() -> tuple[Picture, np.ndarray]:
    """A glass: through its middle one sees the wall, a little darker; its rim, its walls and its foot are dark."""
    body = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(body, [np.array([(120, 80), (280, 80), (260, 330), (140, 330)])], 255, cv2.LINE_AA)
    walls = cv2.morphologyEx(body, cv2.MORPH_GRADIENT, np.ones((9, 9)))
    ground = 242 - 9 * (body / 255.0)
    return laid(walls, (120, 128, 132), ground), body


def laid(mask: np.ndarray, colour: tuple[int, int, int], ground: np.ndarray) -> Picture:
    share = mask[..., None] / 255
    grain = np.random.default_rng(2).normal(0, 0.8, mask.shape)
    pixels = (ground + grain)[..., None] * (1 - share) + np.array(colour) * share
    return Picture(np.rint(np.clip(pixels, 0, 255)).astype(np.uint8))


@pytest.mark.parametrize("draw", [wheel, frame])
def test_what_is_seen_through_stays_clear_and_thin_parts_stay(draw: Callable[[], tuple[Picture, np.ndarray]]) -> None:
    picture, mask = draw()
    alpha = cut_out(picture).pixels[..., 3]
    assert (alpha[mask == 0] < 128).mean() > 0.985, "holes, and shadows in them"
    assert (alpha[mask == 255] > 127).mean() > 0.97, "spokes and rims"


def test_a_glass_keeps_its_walls_and_its_confidence_is_said() -> None:
    picture, body = tumbler()
    alpha = cut_out(picture).pixels[..., 3]
    walls = cv2.morphologyEx(body, cv2.MORPH_GRADIENT, np.ones((5, 5))) > 0
    assert (alpha[walls] > 127).mean() > 0.95
    assert (alpha[body == 0] < 128).mean() > 0.97
    assert "confidence" in said_of(picture)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_without_a_plain_ground_is_refused_or_doubted_with_the_remedy(name: str) -> None:
    picture = photograph(name)
    try:
        said = said_of(picture)
    except BadInput as refused:
        said = str(refused)
    assert re.search(r"confidence (of )?\d+%.*(try the cut-out method|use the finder)", said), said


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_rough_trimap_finds_the_subject_of_a_photograph_as_a_person_drew_it(name: str) -> None:
    picture, wanted = photograph(name), subject_of(name)
    found = cut_out(picture, trimap=trimap_around(Mask(np.where(wanted, 255, 0).astype(np.uint8)), 9))
    alpha = found.pixels[..., 3]
    assert (alpha > 127).mean() == pytest.approx(wanted.mean(), abs=0.03)
    assert off_px(alpha > 127, wanted) <= 6
    assert (found.pixels[alpha == 255][:, :3] == picture.pixels[alpha == 255]).all(), "what is opaque is the photograph"
