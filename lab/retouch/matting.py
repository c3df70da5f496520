"""Soft edges: how opaque each pixel of an edge is, and what colour the subject has there without its background."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.image_files import check_size
from lab.core.picture import Mask, Picture
from lab.core.reporter import by_rows, check_wanted
from lab.retouch.masks import check_same_size, grow, mask_of, shares, shrink, thresholded
from lab.retouch.pull_push import spread

MATTINGS = ("quick", "closed-form")
"""By the line between both colours around each pixel (plain backgrounds), or Levin's closed form (hair; slow)."""

_ALIKE = 24.0
"""Levels of RGB by which subject and background must differ for a pixel's place between them to mean anything."""
_FUSION_PX = (90, 6)
"""The two radii of blur fusion (Forte and Pitie, 2021): first the colours of the region, then those of the edge."""


def trimap_around(mask: Mask, px: int) -> Mask:
    """The mask with everything within `px` pixels of its edge marked as unknown (128)."""
    hard = thresholded(mask)
    known = np.where(shrink(hard, px).pixels > 0, 255, 128)
    grown = grow(hard, px).pixels
    check_wanted()
    return Mask(np.where(grown == 0, 0, known).astype(np.uint8))


def matted(picture: Picture, trimap: Mask, matting: str = "quick") -> Mask:
    """How opaque the subject is at each pixel.

    The closed form needs pymatting, which takes most of a minute to compile when it is first used on a machine, and
    then about ten seconds a megapixel.

    Args:
        picture: any picture, its alpha left out.
        trimap: 255 is subject, 0 is background, anything between is unknown.
        matting: one of `MATTINGS`.

    Raises:
        BadInput: when the trimap has another size or marks no subject or no background, or there is no such matting.
    """
    if matting not in MATTINGS:
        msg = f"there is no matting {matting!r}: use one of {', '.join(MATTINGS)}"
        raise BadInput(msg)
    check_same_size(trimap, picture.size)
    subject, background = trimap.pixels == 255, trimap.pixels == 0
    if not subject.any() or not background.any():
        missing = "background" if subject.any() else "subject"
        msg = f"the trimap marks no {missing}: paint some pixels that surely are {missing}"
        raise BadInput(msg)
    if (subject | background).all():
        return trimap
    colours = picture.pixels[..., :3]
    if matting == "closed-form":
        from pymatting import estimate_alpha_cf

        levels = np.where(subject, 1.0, np.where(background, 0.0, 0.5))
        wanted = {"callback": lambda *_: check_wanted()}
        return mask_of(estimate_alpha_cf(colours / 255.0, levels, cg_kwargs=wanted))
    check_wanted()
    return mask_of(_between(by_rows(lambda rows: rows.astype(np.float32), colours), subject, background))


def decontaminated(picture: Picture, alpha: Mask) -> Picture:
    """RGBA with this alpha, its half-transparent pixels freed of the background's colour.

    Wholly opaque pixels are the picture's own, bit by bit.

    Raises:
        BadInput: when alpha has another size than the picture.
    """
    check_same_size(alpha, picture.size)
    share = shares(alpha)[..., None]
    own = by_rows(lambda pixels: pixels[..., :3].astype(np.float32), picture.pixels)
    subject = background = own
    for radius in _FUSION_PX:
        subject, background = _fused(own, subject, background, share, radius)

    def joined(own: np.ndarray, subject: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        colours = np.where(alpha[..., None] == 255, own, np.rint(np.clip(subject, 0, 255))).astype(np.uint8)
        colours[alpha == 0] = 0
        return np.dstack([colours, alpha])

    return Picture(by_rows(joined, own, subject, alpha.pixels))


def bled(picture: Picture) -> Picture:
    """The colours of a picture without alpha, those of opaque parts drawn out under what is transparent.

    Whatever averages such a picture, as enlarging it does, mixes no colour into it that nobody sees.
    """
    if not picture.has_alpha:
        return picture
    own, share = np.ascontiguousarray(picture.pixels[..., :3]), shares(Mask.from_alpha(picture))
    if share.min() == 1 or share.max() == 0:
        return Picture(own)
    around = spread(own.astype(np.float32), share)

    def joined(own: np.ndarray, share: np.ndarray, around: np.ndarray) -> np.ndarray:
        return np.where(share[..., None] > 0, own, np.rint(np.clip(around, 0, 255))).astype(np.uint8)

    return Picture(by_rows(joined, own, share, around))


def alpha_resized(picture: Picture, size: Size) -> np.ndarray:
    """How opaque the picture is at another size (Lanczos): (h, w) uint8.

    Raises:
        BadInput: when no picture can have the size.
    """
    check_size(size)
    alpha = Image.fromarray(Mask.from_alpha(picture).pixels)
    return np.asarray(alpha if size == picture.size else alpha.resize(size, Image.Resampling.LANCZOS))


def _between(colours: np.ndarray, subject: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Where each unknown colour lies on the line from the background's nearby colour to the subject's."""
    near_subject = spread(colours, subject.astype(np.float32))
    near_background = spread(colours, background.astype(np.float32))
    by_place = spread(subject.astype(np.float32)[..., None], (subject | background).astype(np.float32))[..., 0]
    by_place = np.where(subject, 1, np.where(background, 0, by_place))
    return by_rows(_mixed, colours, near_subject, near_background, by_place, subject | background)


def _mixed(
    colours: np.ndarray, near_subject: np.ndarray, near_background: np.ndarray, by_place: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """How opaque each pixel is: by its colour as far as the two nearby differ, else, or where it is known, by place."""
    line = near_subject - near_background
    length = np.maximum((line**2).sum(-1), 1e-6)
    by_colour = np.clip(((colours - near_background) * line).sum(-1) / length, 0, 1)
    trust = np.clip(np.sqrt(length) / _ALIKE - 1, 0, 1)
    return np.where(known, by_place, by_colour * trust + by_place * (1 - trust))


def _fused(
    own: np.ndarray, subject: np.ndarray, background: np.ndarray, share: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """Colours of subject and background: averages nearby, corrected so that mixed they give the picture."""
    subject = _average(subject, share, radius)
    background = _average(background, by_rows(lambda share: 1 - share, share), radius)

    def corrected(own: np.ndarray, subject: np.ndarray, background: np.ndarray, share: np.ndarray) -> np.ndarray:
        rest = own - share * subject - (1 - share) * background
        return subject + share * rest

    return by_rows(corrected, own, subject, background, share), background


def _average(colours: np.ndarray, weights: np.ndarray, radius: int) -> np.ndarray:
    size = (2 * radius + 1, 2 * radius + 1)
    weighted = by_rows(np.multiply, colours, weights)
    check_wanted()
    summed = cv2.blur(weighted, size)
    check_wanted()
    return by_rows(lambda summed, around: summed / (around[..., None] + 1e-5), summed, cv2.blur(weights, size))
