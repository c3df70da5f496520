"""The colour in which a mask lies over a picture, so that it can be told from what is below; knows no widget."""

from __future__ import annotations

import numpy as np

from lab.core.picture import Picture
from lab.retouch.colours import to_lab

COLOURS = ("#ff3b30", "#00b8d4", "#e6007a", "#2e9e4f", "#ffd60a")
"""Red, cyan, magenta, green, yellow: the first that can be seen everywhere. Orange and blue mean something else."""
_SIDE_PX = 96
"""So many pixels of each side are looked at: neighbours are alike."""
_WORST = 5
"""The percentile of the picture that counts: where the colour is told from what is below with most pains."""
_SEEN = 20.0
"""Such a distance in CIELAB is seen at a glance: some nine just noticeable differences of 2.3 each (Mahy, Van Eycken
and Oosterlinck, 1994). A choice, not a measurement."""


def contrasting_colour(picture: Picture, opacity: float) -> str:
    """The first of `COLOURS` that is seen at once wherever it lies over an RGB picture; else the one seen best."""
    height, width = picture.pixels.shape[:2]
    below = picture.pixels[:: max(1, height // _SIDE_PX), :: max(1, width // _SIDE_PX), :3]
    seen = {colour: _distance(below, colour, opacity) for colour in COLOURS}
    return next((colour for colour in COLOURS if seen[colour] >= _SEEN), max(COLOURS, key=seen.__getitem__))


def _distance(below: np.ndarray, colour: str, opacity: float) -> float:
    """How far the picture is from itself under the colour, in CIELAB, where it is hardest to see."""
    tint = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32)
    above = np.rint((1 - opacity) * below + opacity * tint).astype(np.uint8)
    return float(np.percentile(np.linalg.norm(to_lab(above) - to_lab(below), axis=-1), _WORST))
