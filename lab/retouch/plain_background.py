"""A subject on a plain background, found by colour: what differs from the picture's border. Knows no network.

The numbers below that name no source are choices, not measurements; each says what more or less of it costs.
"""

from __future__ import annotations

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.picture import Mask, Picture
from lab.core.reporter import check_wanted
from lab.retouch.colours import to_lab
from lab.retouch.grabcut import difference_from, grabcut
from lab.retouch.masks import mask_of
from lab.retouch.matting import bled, matted, trimap_around

_WORKING_SIDE_PX = 448
"""GrabCut works at this size: its time grows with the pixels, and what is thinner than one of them is lost."""
_BORDER = 0.02
"""The share of the shorter side that counts as the picture's border: more of it averages noise, and meets subjects."""
_BORDER_OUTLIER = 2.0
"""A border pixel so many times farther from the usual colour than half of them are belongs to a subject cut off."""
_LEAST_DIFFERENCE = 6.0
"""What differs from the background by less, in CIELAB, is background: noise and JPEG stay below about 2.5 just
noticeable differences of 2.3 each (Mahy, Van Eycken and Oosterlinck, 1994); paler subjects are lost."""
_FAINTEST_DIFFERENCE, _OF_GRAIN = 1.5, 4.0
"""Where nothing differs by that much, what differs by this is looked for, and by so many times the picture's grain."""
_HALF, _BESIDE_PX = 127, 9
"""Of alpha, and the pixels, at the working size, of which the colours beside an outline are averaged."""
_LEVELS_PER_UNIT = 4
"""Otsu's threshold is looked for among 256 levels: quarters of a unit of CIELAB, all above 64 units alike."""
_OF_OTSU = 0.6
"""Otsu (1979) parts two classes in the middle between them; pale parts of a subject lie below that. Less takes shadows
along, more loses those parts."""
_SURE = 2.0
"""So many times the threshold is surely subject, and the threshold over it surely background: GrabCut decides between.
More gives it more to decide, and more time."""
_LOOKED_AT_PX = 96
"""The longer side at which the border is looked at: its grain is averaged away, which is no pattern."""
_UNEVEN = 9.0
"""So far from an even surface, in CIELAB, a border pixel is another colour: four just noticeable differences."""
_CUT_OFF = 0.3
"""The share of the border that subjects cut off by it may take. Photographs of rooms have half of it and more."""
_ROUNDS = 3
"""Of GrabCut; OpenCV's example makes 5, from a mere box. Each takes the same time."""
_SHARP_PX = 3
"""The edge of a thing, at the working size, is not wider than this; that of a soft shadow is."""
_SPECK = 0.005
"""Islands smaller than this share of the subject are dropped; so are holes smaller than this share."""
_UNSURE_PX = 2.5
"""So far on both sides of the outline, at the working size, matting looks for the edge: a pixel by which the outline
may be off, and one and a half of blur in the picture. More costs time and invites the background in."""


def has_plain_background(picture: Picture) -> bool:
    """Whether the picture's border has one colour, or one that changes evenly, but for a subject cut off there."""
    return _unevenness(picture) <= _CUT_OFF


def _unevenness(picture: Picture) -> float:
    """The share of the picture's border that is no plain background, 0..1.

    The border is compared with the surface through it that is flat in CIELAB and may be twisted: the walls of a studio,
    with their light and shadow, are that; a room or a street is not.
    """
    height, width = picture.pixels.shape[:2]
    step = max(1, max(height, width) // (2 * _LOOKED_AT_PX))
    pixels = bled(Picture(np.ascontiguousarray(picture.pixels[::step, ::step]))).pixels
    scale = min(1.0, _LOOKED_AT_PX / max(pixels.shape[:2]))
    small = tuple(max(2, round(side * scale)) for side in pixels.shape[1::-1])
    lab = to_lab(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA))
    y, x = np.mgrid[-1 : 1 : lab.shape[0] * 1j, -1 : 1 : lab.shape[1] * 1j]
    border = np.ones(lab.shape[:2], bool)
    border[1:-1, 1:-1] = False
    x, y, colours = x[border], y[border], lab[border]
    surface = np.stack([np.ones_like(x), x, y, x * y], axis=-1)
    off, known = np.zeros(len(x)), np.ones(len(x), bool)
    for _ in range(_ROUNDS):
        found, *_ = np.linalg.lstsq(surface[known], colours[known], rcond=None)
        off = np.linalg.norm(colours - surface @ found, axis=-1)
        known = off <= max(_LEAST_DIFFERENCE, _BORDER_OUTLIER * np.median(off))
    return float((off > _UNEVEN).mean())


def subject_mask(picture: Picture, matting: str = "quick") -> Mask:
    """How opaque the subject is at each pixel: refined by GrabCut, its edge by matting.

    Args:
        picture: of one subject on a background of one colour, or of one that changes smoothly; its alpha is left out.
        matting: one of `lab.retouch.matting.MATTINGS`.

    Raises:
        BadInput: when nothing differs from the border, or there is no such matting.
    """
    height, width = picture.pixels.shape[:2]
    scale = min(1.0, _WORKING_SIDE_PX / max(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    colours = cv2.resize(picture.pixels[..., :3], small, interpolation=cv2.INTER_AREA)
    hard = _subject(colours, _LEAST_DIFFERENCE)
    if not hard.any() or hard.all():
        least = max(_FAINTEST_DIFFERENCE, _OF_GRAIN * _grain(colours))
        hard = _subject(colours, least)
        across = _across(to_lab(colours), hard)
        hard &= across.size > 0 and bool(np.median(across) > 2 * least)  # a sharp edge: light that changes has none
    if not hard.any() or hard.all():
        msg = (
            "nothing stands out from the background, the contrast is too faint: "
            "mark the subject with a trimap, or use a network"
        )
        raise BadInput(msg)
    check_wanted()
    full = cv2.resize(hard.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    reach = max(2, round(_UNSURE_PX / scale))
    return matted(picture, trimap_around(mask_of(full), reach), matting)


def confidence(picture: Picture, alpha: Mask) -> float:
    """How far the outline of a cut-out is to be trusted, 0..1, from the picture that it was cut out of.

    It is the share of the outline across which colours differ by more than noise does, times the share of the subject
    that its largest part has, for what is cut to pieces was not found; and times what of the border is plain, where
    that is not enough to tell background from subject.
    """
    height, width = alpha.pixels.shape
    scale = min(1.0, _WORKING_SIDE_PX / max(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    hard = cv2.resize(alpha.pixels, small, interpolation=cv2.INTER_AREA) > _HALF
    if not hard.any() or hard.all():
        return 0.0
    lab = to_lab(cv2.resize(bled(picture).pixels, small, interpolation=cv2.INTER_AREA))
    differs = _across(lab, hard) > _LEAST_DIFFERENCE
    _, _, stats, _ = cv2.connectedComponentsWithStats(hard.astype(np.uint8), connectivity=8)
    largest = stats[1:, cv2.CC_STAT_AREA].max() / stats[1:, cv2.CC_STAT_AREA].sum()
    uneven = _unevenness(picture)
    plain = 1.0 if uneven <= _CUT_OFF else 1 - uneven
    return float((differs.mean() if differs.size else 1.0) * largest * plain)


def _across(lab: np.ndarray, hard: np.ndarray) -> np.ndarray:
    """How much the colours on both sides of an outline differ, in CIELAB: one number for each of its pixels."""
    sides = []
    for side in (hard, ~hard):
        known = side.astype(np.float32)
        around = cv2.blur(known, (_BESIDE_PX, _BESIDE_PX))
        sides.append(cv2.blur(lab * known[..., None], (_BESIDE_PX, _BESIDE_PX)) / np.maximum(around, 1e-3)[..., None])
    disc = np.ones((3, 3), np.uint8)
    outline = cv2.dilate(hard.astype(np.uint8), disc) != cv2.erode(hard.astype(np.uint8), disc)
    outline[[0, -1]] = outline[:, [0, -1]] = False
    return np.linalg.norm(sides[0] - sides[1], axis=-1)[outline]


def _subject(colours: np.ndarray, least: float) -> np.ndarray:
    """Where the subject is, as truths, if it differs by at least so much."""
    difference = _difference(colours)
    return _without_specks(_with_sharp_parts(_grabbed(colours, difference, least), difference, least))


def _grain(colours: np.ndarray) -> float:
    """How much neighbours on the border differ in CIELAB, as a median: noise, and no edge."""
    lab = to_lab(colours)
    steps = [np.abs(np.diff(edge, axis=0)) for edge in (lab[0], lab[-1], lab[:, 0], lab[:, -1])]
    return float(np.median(np.linalg.norm(np.concatenate(steps), axis=-1)))


def _difference(colours: np.ndarray) -> np.ndarray:
    """How much each pixel differs from the background, taken to go on smoothly from the picture's border."""
    lab = to_lab(colours)
    height, width = lab.shape[:2]
    edge = max(1, round(_BORDER * min(height, width)))
    border = np.ones((height, width), np.float32)
    border[edge:-edge, edge:-edge] = 0
    usual = np.median(lab[border > 0], axis=0)
    odd = np.linalg.norm(lab - usual, axis=-1)
    # A subject may be cut off by the border: colours unlike most of the border are not background.
    border *= odd <= _BORDER_OUTLIER * max(np.median(odd[border > 0]), _LEAST_DIFFERENCE)
    return difference_from(colours, border)


def _grabbed(colours: np.ndarray, difference: np.ndarray, least: float) -> np.ndarray:
    """Where the subject is, as truths, found by GrabCut from a guess by the difference."""
    levels = np.clip(difference * _LEVELS_PER_UNIT, 0, 255).astype(np.uint8)
    otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    threshold = max(least, _OF_OTSU * otsu / _LEVELS_PER_UNIT)
    guess = np.where(difference > threshold, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    guess[difference > _SURE * threshold] = cv2.GC_FGD
    guess[difference < min(threshold, least) / _SURE] = cv2.GC_BGD
    return grabcut(colours, guess, rounds=_ROUNDS)


def _with_sharp_parts(hard: np.ndarray, difference: np.ndarray, noise: float) -> np.ndarray:
    """The mask with whatever else ends sharply against the background: grey and thin parts, which look like shadows.

    A shadow fades into the background; a thing is gone within a few pixels.
    """
    left = ((difference > 2 * noise) & ~hard).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(left, connectivity=8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _SHARP_PX + 1, 2 * _SHARP_PX + 1))
    taken = cv2.dilate((hard | (left > 0)).astype(np.uint8), disc)
    least = _SPECK * hard.sum()
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] < least:
            continue
        part = labels == label
        outside = cv2.dilate(part.astype(np.uint8), disc)
        just_beyond = (cv2.dilate(outside, np.ones((3, 3), np.uint8)) > 0) & (taken == 0)
        if just_beyond.any() and np.median(difference[just_beyond]) < noise / 2:
            hard = hard | part
    return hard


def _without_specks(hard: np.ndarray) -> np.ndarray:
    """The mask without tiny islands and without tiny holes."""
    least = _SPECK * hard.sum()
    for wanted in (True, False):
        # skimage's remove_small_objects takes another argument from 0.26 on than before, and warns of the older one.
        _, labels, stats, _ = cv2.connectedComponentsWithStats((hard == wanted).astype(np.uint8), connectivity=4)
        is_speck = stats[:, cv2.CC_STAT_AREA] < least
        is_speck[0] = False  # all that is not of this kind
        hard = hard ^ is_speck[labels]
    return hard
