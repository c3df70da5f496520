"""The colours of one picture given to another, without any weights (Reinhard and others, 2001, in CIELAB)."""

from __future__ import annotations

import numpy as np

from lab.core.errors import BadInput
from lab.core.picture import Mask, Picture
from lab.core.reporter import by_rows
from lab.retouch.colours import ColourStatistics, matched, statistics, to_lab, to_rgb

_LARGEST_GAIN = 3.0
"""A grey picture would otherwise be stretched until its noise is colourful."""


def palette_transferred(picture: Picture, source: Picture, *, amount: float = 1.0, lightness: bool = True) -> Picture:
    """The picture with the mean and the spread of colours of another one; alpha stays.

    Args:
        picture: what gets the colours.
        source: where they come from, any size. What is transparent in either does not count.
        amount: 0 leaves the picture as it is, 1 takes the colours over.
        lightness: whether light and shade are taken over too, or colours alone.

    Raises:
        BadInput: when the amount is out of range or one of the pictures is wholly transparent.
    """
    if not 0 <= amount <= 1:
        msg = f"the amount of a palette is between 0 and 1, not {amount!r}"
        raise BadInput(msg)
    if amount == 0:
        return picture
    lab = to_lab(picture.pixels)
    moved = matched(lab, _colours(picture), _colours(source), largest_gain=_LARGEST_GAIN)
    if not lightness:
        moved[..., 0] = lab[..., 0]

    def changed(pixels: np.ndarray, lab: np.ndarray, moved: np.ndarray) -> np.ndarray:
        change = to_rgb(lab + amount * (moved - lab)) - to_rgb(lab)
        colours = np.rint(np.clip(pixels[..., :3] + change, 0, 255)).astype(np.uint8)
        return np.concatenate([colours, pixels[..., 3:]], axis=-1)

    return Picture(by_rows(changed, picture.pixels, lab, moved))


def _colours(picture: Picture) -> ColourStatistics:
    seen = Mask.from_alpha(picture).pixels
    if not seen.any():
        msg = "a wholly transparent picture has no colours to take over or to change"
        raise BadInput(msg)
    return statistics(to_lab(picture.pixels), seen)
