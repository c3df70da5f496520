"""A drawing becomes white lines on black, what ControlNets for lines and scribbles were trained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import cv2
import numpy as np
from pydantic import Field

from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.preprocessors.maps import preprocessor

_INVISIBLE = 0.02
"""A drawing whose ink nowhere differs from its paper by more than this share is empty."""
_DARK = 128
"""Paper darker than this, of 255, may carry ink that is lighter: a board, a negative, kraft paper."""
_OTHER_INK = 0.5
"""Ink on the other side of the paper's tone counts where it differs by this share of the stronger one, such as white
beside black on kraft paper; what differs less is the paper's own unevenness."""
_ON_NOTHING = 217
"""Ink on transparency of which hardly anything (`_SMUDGES`) is darker than this is taken to be meant for dark paper:
on white it would be invisible."""
_SMUDGES = 1.0
"""In percent of the ink."""


@preprocessor(kinds=["lines", "scribble", "lineart"], suits="sketches and drawings, on paper of any tone or on none")
def lines(picture: Picture, size: Size, *, threshold: Annotated[float, Field(ge=0, le=0.95)] = 0.1) -> Picture:
    """White lines on black, from ink of any colour on paper of any tone, or on none.

    Ink is what differs from the paper in any of its channels, so that yellow counts like black; it may be darker than
    the paper or lighter. Lines thinner than a pixel of the result are widened to it rather than lost.

    Args:
        picture: the drawing, any size.
        size: the size of the result; another shape stretches the drawing.
        threshold: share of full ink below which a pixel is paper.
    """
    ink = _ink(picture)
    shrink = max(picture.size.width / size.width, picture.size.height / size.height)
    if shrink > 1:
        reach = round(shrink) // 2 * 2 + 1
        ink = cv2.dilate(ink, np.ones((reach, reach), np.uint8))
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    elif picture.size != size:
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_LINEAR)
    strongest = int(ink.max())
    if strongest < _INVISIBLE * 255:
        ink = np.zeros_like(ink)
    else:
        ink = cv2.LUT(ink, _ramp(lambda level: (level / strongest - threshold) / (1 - threshold)))
    return Picture(np.repeat(ink[..., None], 3, axis=2))


def _ink(picture: Picture) -> np.ndarray:
    """How much each pixel differs from the paper, height x width, uint8."""
    darkest, lightest = _extreme_channels(picture)
    is_dark = max(float(np.median(tones)) for tones in (darkest, _border(darkest))) < _DARK
    share = 0.5 if is_dark else 0.9  # light paper is found behind much ink, too
    paper_dark, paper_light = _tone(darkest, share), _tone(lightest, share)
    darker = cv2.LUT(darkest, _ramp(lambda level: (paper_dark - level) / max(paper_dark if not is_dark else 255, 1)))
    lighter = cv2.LUT(lightest, _ramp(lambda level: (level - paper_light) / 255))
    strengths = [int(cv2.GaussianBlur(side, (3, 3), 0).max()) for side in (darker, lighter)]
    kept = [side for side, own in zip((darker, lighter), strengths, strict=True) if own >= _OTHER_INK * max(strengths)]
    return cv2.max(kept[0], kept[-1])


def _extreme_channels(picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """The smallest and the largest of red, green and blue, on paper where the picture is transparent.

    That is white, or black for ink that nobody would see on white.
    """
    pixels = picture.pixels
    darkest = cv2.min(cv2.min(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    lightest = cv2.max(cv2.max(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    if not picture.has_alpha:
        return darkest, lightest
    alpha = pixels[..., 3].astype(np.uint16)
    opaque = darkest[alpha >= _DARK]
    is_light = opaque.size > 0 and opaque.size < alpha.size and np.percentile(opaque, _SMUDGES) >= _ON_NOTHING
    paper = 0 if is_light else 255
    return _on(darkest, alpha, paper), _on(lightest, alpha, paper)


def _on(level: np.ndarray, alpha: np.ndarray, paper: int) -> np.ndarray:
    return ((level * alpha + paper * (255 - alpha) + 127) // 255).astype(np.uint8)


def _border(tones: np.ndarray) -> np.ndarray:
    return np.concatenate([tones[0], tones[-1], tones[:, 0], tones[:, -1]])


def _tone(tones: np.ndarray, share: float) -> int:
    """The tone than which this share of all pixels is not lighter."""
    return int(np.searchsorted(np.cumsum(np.bincount(tones.ravel(), minlength=256)), share * tones.size))


def _ramp(share: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A table from level to level, 0..255, of a function that gives shares 0..1."""
    return np.rint(np.clip(share(np.arange(256, dtype=np.float64)), 0, 1) * 255).astype(np.uint8)
