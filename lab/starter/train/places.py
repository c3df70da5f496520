"""Backgrounds: plain colours and simple textured places, drawn by rule from a seed. Knows nothing about objects."""

from __future__ import annotations

import cv2
import numpy as np


def noise(size: int, cells_x: float, cells_y: float, rng: np.random.Generator, octaves: int = 3) -> np.ndarray:
    """Smooth random relief in 0..1, `cells` bumps across, finer ones on top."""
    total, weight, amount = np.zeros((size, size), np.float32), 0.0, 1.0
    for octave in range(octaves):
        shape = (max(2, int(cells_y * 2**octave)), max(2, int(cells_x * 2**octave)))
        total += amount * cv2.resize(rng.random(shape, np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
        weight += amount
        amount *= 0.5
    return np.clip(total / weight, 0, 1)


def _blend(low: tuple[int, ...], high: tuple[int, ...], mix: np.ndarray) -> np.ndarray:
    mix = np.clip(mix, 0, 1)[..., None]
    return np.asarray(low, np.float32) * (1 - mix) + np.asarray(high, np.float32) * mix


def _wood(size: int, rng: np.random.Generator) -> np.ndarray:
    grain = noise(size, 3, 40, rng, 2)
    wave = noise(size, 2, 5, rng, 2)
    picture = _blend((150, 98, 56), (206, 152, 98), 0.55 * grain + 0.45 * wave)
    for y in np.arange(rng.integers(0, size // 4), size, size // 4):
        picture[int(y) : int(y) + max(1, size // 128)] *= 0.7
    return picture


def _grass(size: int, rng: np.random.Generator) -> np.ndarray:
    blades = noise(size, 48, 12, rng, 2)
    return _blend((58, 124, 44), (132, 190, 76), 0.6 * blades + 0.4 * noise(size, 4, 4, rng))


def _sand(size: int, rng: np.random.Generator) -> np.ndarray:
    ripples = noise(size, 3, 9, rng, 3)
    return _blend((214, 184, 132), (244, 222, 176), 0.7 * ripples + 0.3 * rng.random((size, size), np.float32))


def _marble(size: int, rng: np.random.Generator) -> np.ndarray:
    veins = np.abs(noise(size, 3, 3, rng, 4) - 0.5) * 2
    return _blend((196, 198, 204), (246, 246, 248), np.minimum(1, veins * 5))


def _night(size: int, rng: np.random.Generator) -> np.ndarray:
    down = np.linspace(0, 1, size, dtype=np.float32)[:, None].repeat(size, 1)
    picture = _blend((12, 16, 48), (48, 54, 112), down)
    for _ in range(int(rng.integers(14, 34))):
        x, y = rng.integers(0, size, 2)
        cv2.circle(picture, (int(x), int(y)), int(rng.integers(1, 3)), (250, 246, 220), -1, cv2.LINE_AA)
    return picture


_DRAWN = {"wood": _wood, "grass": _grass, "sand": _sand, "marble": _marble, "night": _night}


def place(name: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """A textured place, RGB float 0..255, lit a little differently each time."""
    return np.clip(_DRAWN[name](size, rng) * rng.uniform(0.92, 1.06), 0, 255)


def plain(rgb: tuple[int, int, int], size: int, rng: np.random.Generator) -> np.ndarray:
    """A one-colour background, RGB float 0..255, never twice exactly the same colour."""
    colour = np.clip(np.asarray(rgb, np.float32) + rng.uniform(-9, 9, 3), 0, 255)
    return np.broadcast_to(colour, (size, size, 3)).astype(np.float32)


def contact_shadow(alpha: np.ndarray) -> np.ndarray:
    """How much light (0..1) the ground keeps under an object whose alpha (0..1) is given: dark below its foot."""
    size = alpha.shape[0]
    rows = np.flatnonzero(alpha.max(axis=1) > 0.5)
    if not len(rows):
        return np.ones_like(alpha)
    foot = int(rows[-1])
    band = alpha[max(0, foot - size // 8) : foot + 1].max(axis=0)
    columns = np.flatnonzero(band > 0.5)
    if not len(columns):
        return np.ones_like(alpha)
    shade = np.zeros_like(alpha)
    centre = (int(columns.mean()), min(size - 1, foot))
    axes = (max(4, int(np.ptp(columns) * 0.55)), max(3, size // 22))
    cv2.ellipse(shade, centre, axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    return 1 - 0.5 * cv2.GaussianBlur(shade, (0, 0), size / 40)
