"""The promise: a large mask or comparison is worked through some rows at a time, whatever it shows."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from lab import Picture
from lab.core.decoding.mask_reading import mask_levels
from lab.retouch.comparing import pixel_difference

SIDE = 1200
DICE = np.random.default_rng(5)
NOISE = Picture(DICE.integers(0, 256, (SIDE, SIDE, 3), np.uint8))
SPOTS = DICE.random((SIDE, SIDE, 1)) < 0.2
PAINT = Picture(np.where(SPOTS, np.array([255, 0, 0], np.uint8), np.uint8(20)))


@pytest.mark.parametrize(
    ("work", "most"),
    [
        (lambda: mask_levels(NOISE.pixels), 8),
        (lambda: mask_levels(PAINT.pixels), 8),
        (lambda: pixel_difference(NOISE, PAINT), 8),
    ],
)
def test_it_takes_a_few_bytes_a_pixel(work: Callable[[], object], most: int) -> None:
    tracemalloc.start()
    try:
        work()
        assert tracemalloc.get_traced_memory()[1] < most * SIDE**2
    finally:
        tracemalloc.stop()


def test_rows_at_a_time_come_to_the_same() -> None:
    assert np.array_equal(mask_levels(PAINT.pixels), np.where(SPOTS[..., 0], np.uint8(255), np.uint8(0)))
    found = pixel_difference(NOISE, PAINT)
    apart = np.abs(NOISE.pixels.astype(int) - PAINT.pixels)
    assert np.array_equal(found.map.pixels[..., 0], apart.max(axis=2))
    assert found.largest == apart.max()
    assert found.share == pytest.approx((apart.max(axis=2) > 0).mean())
