"""The shipped weights listen: to words, to lines, to colour words. Loaded by plain diffusers, with no network."""

import os

import cv2
import numpy as np
import pytest

from bench import _starter_measures as measures
from lab import starter
from lab.starter.train.pool import SIZE_PX

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before diffusers is imported, which happens in the fixture
pytestmark = pytest.mark.starter
STARS = ["a red star", "a blue star"]


@pytest.fixture(scope="module")
def drawer():
    from lab.starter.train.drawing import Drawer

    return Drawer.load(starter.WEIGHTS)


@pytest.fixture(scope="module")
def star() -> np.ndarray:
    page = np.zeros((256, 256), np.uint8)
    turns = np.arange(10) * np.pi / 5 - np.pi / 2
    reach = np.where(np.arange(10) % 2, 42, 100)[:, None]
    path = 128 + reach * np.stack([np.cos(turns), np.sin(turns)], 1)
    cv2.polylines(page, [path.astype(np.int32)], True, 255, 3, cv2.LINE_AA)
    return page > 110


def test_everything_fits_the_repo():
    size = sum(file.stat().st_size for file in starter.WEIGHTS.rglob("*") if file.is_file())
    assert size < 60e6, f"{size / 1e6:.1f} MB"


def test_the_latents_are_sixteen_times_smaller(drawer):
    assert drawer.plain.vae_scale_factor == 16
    assert drawer.plain.unet.config.sample_size * 16 == SIZE_PX


def test_no_words_at_all_still_draw(drawer):
    made = drawer.draw([""], steps=2)
    assert made.shape == (1, SIZE_PX, SIZE_PX, 3)


@pytest.fixture(scope="module")
def stars(drawer, star) -> np.ndarray:
    """A red star and a blue one, along the lines."""
    return drawer.draw(STARS, [star] * 2, steps=8, seed=3)


def test_lines_are_followed(drawer, star, stars):
    free = drawer.draw(STARS, [star] * 2, steps=8, seed=3, control_scale=0.0)
    recall = [np.mean([measures.edge_scores(each, star)[0] for each in made]) for made in (free, stars)]
    assert recall[1] > recall[0] + 0.2, f"recall {recall[0]:.2f} without lines, {recall[1]:.2f} with"


def test_a_colour_word_turns_the_hue(stars):
    errors = measures.hue_error(stars[0], "red"), measures.hue_error(stars[1], "blue")
    assert max(errors) < 40, f"red is {errors[0]:.0f} degrees off, blue {errors[1]:.0f}"


def test_the_same_seed_draws_the_same_picture(drawer):
    first, second = (drawer.draw(["a red apple"], steps=2, seed=5) for _ in range(2))
    assert np.array_equal(first, second)


def test_a_part_drawn_anew_leaves_the_rest_alone(drawer):
    picture = np.full((SIZE_PX, SIZE_PX, 3), (66, 122, 220), np.uint8)
    where = np.zeros((SIZE_PX, SIZE_PX), bool)
    where[64:192, 64:192] = True
    made = drawer.redraw("a red apple on blue background", picture, where)
    assert np.array_equal(made[~where], picture[~where])
    assert np.abs(made[where].astype(int) - picture[where]).mean() > 10
