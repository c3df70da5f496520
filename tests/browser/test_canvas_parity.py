"""What the model receives is what the user sees: kernel raster against browser canvas, over random drawings."""

import base64
import random

import numpy as np
import pytest

from lab.core import Size, Sketch, Stroke, rasterise
from lab.core.stroke import MIRRORS
from widgets.canvas.ink_layer import InkLayer

pytestmark = pytest.mark.browser

DRAWINGS = 200
PAPER = Size(256, 256)
DRAW = """async ([source, width, height, drawings]) => {
  const { paintStroke } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const pens = [0, 1].map(() => {
    const canvas = new OffscreenCanvas(width, height);
    return canvas.getContext("2d", { willReadFrequently: true });
  });
  const scratch = () => (pens[1].clearRect(0, 0, width, height), pens[1]);
  return drawings.map((strokes) => {
    pens[0].clearRect(0, 0, width, height);
    for (const stroke of strokes) paintStroke(pens[0], { op: "draw", ...stroke }, { width, height, scratch });
    const { data } = pens[0].getImageData(0, 0, width, height);
    let text = "";
    for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
    return btoa(text);
  });
}"""


def random_stroke(dice: random.Random) -> Stroke:
    """Any tool, shape, size, opacity, hardness and mirror; a hand that wanders."""
    count = dice.randint(1, 24)
    steps = np.array([[dice.gauss(0, 14), dice.gauss(0, 14)] for _ in range(count)]).cumsum(axis=0)
    start = np.array([dice.uniform(0, PAPER.width), dice.uniform(0, PAPER.height)])
    pressure = np.array([dice.choice([1.0, dice.uniform(0.1, 1)]) for _ in range(count)])
    return Stroke(
        np.column_stack([start + steps, pressure]),
        tool=dice.choices(["brush", "eraser", "keep"], [10, 4, 1])[0],
        colour=f"#{dice.randrange(1 << 24):06x}",
        size_px=dice.choice([2.0, 4.0, 6.0, 12.0, dice.uniform(1, 80)]),
        opacity=dice.choice([1.0, 1.0, dice.uniform(0.1, 1)]),
        hardness=dice.choice([1.0, 1.0, dice.random()]),
        mirror=dice.choice(["", "", *MIRRORS]),
        shape="area" if count > 2 and dice.random() < 0.3 else "line",
    )


def in_the_browser(page, drawings: list[list[Stroke]]) -> list[np.ndarray]:
    names = ("tool", "colour", "size_px", "opacity", "hardness", "mirror", "shape")
    said = [
        [{**{name: getattr(s, name) for name in names}, "points": s.points.tolist()} for s in strokes]
        for strokes in drawings
    ]
    pixels = page.evaluate(DRAW, [InkLayer._esm, *PAPER, said])
    return [np.frombuffer(base64.b64decode(text), np.uint8).reshape(*PAPER[::-1], 4) for text in pixels]


def on_white(pixels: np.ndarray) -> np.ndarray:
    alpha = pixels[..., 3:].astype(float) / 255
    return pixels[..., :3] * alpha + 255 * (1 - alpha)


def difference(kernel: np.ndarray, browser: np.ndarray) -> float:
    """Mean absolute difference on white paper."""
    return float(np.abs(on_white(kernel) - on_white(browser)).mean())


def overlap(kernel: list[np.ndarray], browser: list[np.ndarray], threshold: int | None = None) -> float:
    """What both ink, as a share of what either inks, over all drawings together.

    A pixel on an edge is inked in part, and counts in part; with a threshold of alpha it counts as all or nothing.
    """
    both = either = 0.0
    for pair in zip(kernel, browser, strict=True):
        one, other = (
            pixels[..., 3] / 255 if threshold is None else (pixels[..., 3] >= threshold).astype(float)
            for pixels in pair
        )
        both += np.minimum(one, other).sum()
        either += np.maximum(one, other).sum()
    return both / either


def test_two_hundred_random_drawings_look_the_same_to_the_model_and_to_the_user(page):
    dice = random.Random(11)
    drawings = [[random_stroke(dice) for _ in range(dice.randint(1, 12))] for _ in range(DRAWINGS)]
    seen = in_the_browser(page, drawings)
    drawn = [rasterise(Sketch(PAPER, tuple(strokes))).pixels for strokes in drawings]
    differences = list(map(difference, drawn, seen))
    worst = max(differences)
    assert worst <= 2, f"drawing {differences.index(worst)} differs by {worst:.2f} of 255"
    assert overlap(drawn, seen) >= 0.99
    assert overlap(drawn, seen, threshold=128) >= 0.99
