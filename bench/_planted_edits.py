"""Photographs, and what a model that edits makes of them: a part is another picture, and all of it a little off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np

from lab.core import Picture
from tests.files.photographs import PHOTOGRAPHS, photograph

_MULTIPLE = 16
"""Of the sides of a picture that an autoencoder takes."""
_SHARE = (0.02, 0.4)
_SHIFT_PX, _ZOOM = 24, (0.97, 1.03)
_LAB_GAIN = ((0.93, 0.9, 0.9), (1.07, 1.1, 1.1))
_LAB_MOVE = ((-3, -4, -4), (3, 4, 4))
_NOISE = 2.0
"""The standard deviation, of 255 levels."""

Through = Callable[[np.ndarray], np.ndarray]
"""What an autoencoder makes of a picture, height x width x 3, uint8."""


class PlantedEdit(NamedTuple):
    """A picture, and an edit of it of which all is known.

    Args:
        original: the photograph.
        edited: what a model would hand out.
        edit: height x width, bool: where the original was changed.
        lies: 2 x 3, from a pixel's place in the original (x, y) to that in the edited picture.
    """

    original: Picture
    edited: Picture
    edit: np.ndarray
    lies: np.ndarray


def scaled_photograph(name: str, side: int) -> np.ndarray:
    """The photograph of that name with so long a side, height x width x 3, uint8."""
    pixels = photograph(name).on_white().pixels
    scale = side / max(pixels.shape[:2])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=way)
    height, width = (length // _MULTIPLE * _MULTIPLE for length in pixels.shape[:2])
    return np.ascontiguousarray(pixels[:height, :width])


def softened(pixels: np.ndarray) -> np.ndarray:
    """A picture as a large autoencoder hands it back: a little softer."""
    return cv2.GaussianBlur(pixels, (0, 0), 0.7)


def planted(number: int, side: int, through: Through = softened) -> PlantedEdit:
    """The edit of that number: an ellipse of another photograph in one, moved, zoomed, recoloured, noisy."""
    dice = np.random.default_rng(number)
    names = PHOTOGRAPHS
    name, step = names[number % len(names)], int(dice.integers(1, len(names)))
    old = scaled_photograph(name, side)
    height, width = old.shape[:2]
    other = cv2.resize(scaled_photograph(names[(number + step) % len(names)], side), (width, height))[::-1, ::-1]
    edit = _ellipse(dice, height, width)
    new = np.where(edit[..., None], other, old)
    lies = _moved_by(dice, height, width)
    new = cv2.warpAffine(new, lies, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    new = _recoloured(dice, through(new)) + dice.normal(0, _NOISE, new.shape)
    return PlantedEdit(Picture(old), Picture(np.rint(np.clip(new, 0, 255)).astype(np.uint8)), edit, lies)


def unedited(name: str, side: int, through: Through = softened) -> tuple[Picture, Picture]:
    """A photograph, and what a model makes of it that was told to change nothing: in other colours, and noisy."""
    dice = np.random.default_rng(PHOTOGRAPHS.index(name))
    old = scaled_photograph(name, side)
    new = _recoloured(dice, through(old)) + dice.normal(0, _NOISE, old.shape)
    return Picture(old), Picture(np.rint(np.clip(new, 0, 255)).astype(np.uint8))


def off_px(found: np.ndarray, one: PlantedEdit) -> float:
    """How far a map puts what was not edited from where it lies: the largest distance, in pixels."""
    y, x = np.nonzero(~one.edit)
    places = np.stack([x, y, np.ones_like(x)])[:, ::97]
    return float(np.linalg.norm((found - one.lies) @ places, axis=0).max())


def marks(changed: np.ndarray, one: PlantedEdit) -> tuple[float, float]:
    """How alike what was found is to the edit, intersection over union; and the share of all else that was marked.

    What lies beyond the edited picture's edge counts nowhere.
    """
    height, width = one.edit.shape
    y, x = np.indices((height, width))
    at_x, at_y = (row[0] * x + row[1] * y + row[2] for row in one.lies)
    seen = (at_x >= 0) & (at_x <= width - 1) & (at_y >= 0) & (at_y <= height - 1)
    wanted, rest, found = one.edit & seen, ~one.edit & seen, changed & seen
    return float((found & wanted).sum() / (found | wanted).sum()), float((found & rest).sum() / rest.sum())


def autoencoded(vae: Any) -> Through:
    """By an autoencoder of diffusers."""
    import torch

    @torch.no_grad()
    def through(pixels: np.ndarray) -> np.ndarray:
        given = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None].float() / 127.5 - 1
        back = vae.decode(vae.encode(given).latents, return_dict=False)[0][0]
        return ((back.permute(1, 2, 0).clamp(-1, 1) + 1) * 127.5).round().byte().numpy()

    return through


def _ellipse(dice: np.random.Generator, height: int, width: int) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    radius = int(np.sqrt(dice.uniform(*_SHARE) * height * width / np.pi))
    middle = tuple(int(dice.integers(radius // 2, length - radius // 2)) for length in (width, height))
    axes, turn = (int(radius * 1.2), int(radius / 1.2)), float(dice.uniform(0, 180))
    return cv2.ellipse(mask, middle, axes, turn, 0, 360, 255, -1) > 0


def _moved_by(dice: np.random.Generator, height: int, width: int) -> np.ndarray:
    zoom, (right, down) = dice.uniform(*_ZOOM), dice.uniform(-_SHIFT_PX, _SHIFT_PX, 2)
    return np.array([[zoom, 0, right + (1 - zoom) * width / 2], [0, zoom, down + (1 - zoom) * height / 2]])


def _recoloured(dice: np.random.Generator, pixels: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab = lab * dice.uniform(*_LAB_GAIN) + dice.uniform(*_LAB_MOVE)
    return cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB) * 255
