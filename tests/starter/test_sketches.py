"""The sketches that the model learns from look like sketches."""

import numpy as np

from lab.starter.train import sketches


def _disc(size: int = 256, radius: int = 80) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:size, :size]
    alpha = (((x - 128) ** 2 + (y - 128) ** 2) < radius**2).astype(np.uint8) * 255
    rgb = np.zeros((size, size, 3), np.uint8)
    rgb[alpha > 0] = (200, 40, 40)
    rgb[118:138, 100:156] = (250, 250, 250)
    return rgb, alpha


def test_an_outline_lies_on_the_rim_and_nowhere_else():
    _, alpha = _disc()
    lines = sketches.outline(alpha, thickness_px=3, looseness_px=0) > 110
    y, x = np.nonzero(lines)
    radius = np.hypot(x - 128, y - 128)
    assert lines.sum() > 400
    assert radius.min() > 76, f"a line at radius {radius.min():.1f}"
    assert radius.max() < 84, f"a line at radius {radius.max():.1f}"


def test_inner_lines_show_what_is_painted_on_the_object():
    rgb, alpha = _disc()
    lines = sketches.inner_lines(rgb, alpha, blur_px=1.0, low=20, shortest_px=12)
    assert lines[112:144, 94:162].any()
    assert not lines[alpha == 0].any()


def test_a_thicker_pen_covers_more():
    _, alpha = _disc()
    one = (sketches.outline(alpha, 1, 0) > 110).astype(np.uint8) * 255
    covered = [int(sketches.thickened(one, pen_px).astype(bool).sum()) for pen_px in (1, 3, 5)]
    assert covered[0] == int(one.astype(bool).sum())
    assert covered[2] > 1.3 * covered[1] > 1.6 * covered[0], covered


def test_gaps_take_lines_away_and_add_none():
    _, alpha = _disc()
    whole = sketches.outline(alpha, 3, 0)
    gappy = sketches.with_gaps(whole, 0.3, np.random.default_rng(0))
    assert 0 < gappy.astype(bool).sum() < whole.astype(bool).sum()
    assert not (gappy.astype(bool) & ~whole.astype(bool)).any()


def test_the_same_seed_draws_the_same_sketch():
    rgb, alpha = _disc()
    first, second = (sketches.sketch_of(rgb, alpha, np.random.default_rng(5)) for _ in range(2))
    assert first.dtype == bool
    assert np.array_equal(first, second)


def test_packed_sketches_come_back_bit_by_bit():
    pages = np.random.default_rng(0).random((3, 256, 256)) < 0.1
    bits = np.stack([sketches.packed(page) for page in pages])
    assert bits.shape == (3, 8192)
    assert np.array_equal(sketches.unpacked(bits, 256), pages)
