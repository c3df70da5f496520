"""Brings a picture that a model made of another one back to where that lies: models shift and zoom what they edit.

Roughly by features (SIFT) where enough of them agree on one shift, zoom and turn; by edges (ECC) for drawings that have
few. Then exactly, by all that was not edited.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.picture import Picture
from lab.retouch.edits.refinement import refined, share_alike

_WORK_PIXELS = 768 * 768
"""Larger pictures are compared smaller: edges lie on each other to a tenth of a pixel, which is enough for both."""
_FEATURE_PIXELS = 512 * 512
"""Features are looked for in even smaller ones, since they say roughly where it lies and no more."""
_FEATURES = 3000
_RATIO = 0.8
"""Lowe's: a match counts whose second best is farther by so much (Distinctive Image Features, 2004)."""
_AUTOENCODED_PX = 2.0
"""The original is blurred so far before features are looked for: finer ones no autoencoder leaves in the other."""
_WITHIN_PX = 2.0
"""Matches that miss the common map by more do not agree with it."""
_LEAST_AGREE, _LEAST_SHARE = 6, 0.25
"""Fewer are no map. As many are found by chance, too, which `_LEAST_ALIKE` tells."""
_LEAST_ALIKE = 0.45
"""Of the edges so large a share goes the same way when it lies right: where two fifths were edited at least 0.53."""
_MOST_ZOOM, _MOST_TURN_DEG, _MOST_SHIFT = 1.15, 5.0, 0.15
"""A map beyond these is of another picture: edits move by some hundredths. The shift is a share of the longer side."""
_EDGE_BLUR_PX = 1.5
_ALIKE = 0.6
"""The least correlation of edges that ECC must end with."""
_STEPS = cv2.TermCriteria_COUNT | cv2.TermCriteria_EPS, 80, 1e-5


class Registered(NamedTuple):
    """A picture as it lies on another.

    Args:
        colours: height x width x 3, float32, 0..255, RGB: not rounded.
        inside: height x width, bool: where it has a pixel at all; elsewhere it is mirrored.
        map: 2 x 3, from a pixel's place in the original (x, y) to that in the picture.
        by: what was compared, "features" or "edges".
    """

    colours: np.ndarray
    inside: np.ndarray
    map: np.ndarray
    by: str


def registered(original: Picture, edited: Picture) -> Registered:
    """The edited picture, moved and zoomed onto the original.

    Args:
        original: the picture before.
        edited: the same after a model changed it; of any size with about the same shape.

    Raises:
        BadInput: when too little of one is seen in the other.
    """
    new = edited.on_white().resized(original.size)
    share = min(1.0, math.sqrt(_WORK_PIXELS / original.size.pixels))
    before, after = (_grey(one.on_white(), share) for one in (original, new))
    known = _found(before, after)
    if known is None:
        msg = (
            "too little of the picture is found again in what the model made of it to change nothing else: "
            "leave keep out, or say less in the prompt"
        )
        raise BadInput(msg)
    found, by = known
    to_new = found.copy()
    to_new[:, 2] /= share
    return Registered(*_moved(new.pixels.astype(np.float32), to_new), to_new, by)


def _found(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, str] | None:
    """The map from one to the other, and by what it was found; None when it is of another picture."""
    for by, looked in (("features", _by_features), ("edges", _by_edges)):
        start = looked(before, after)
        found = None if start is None else refined(before, after, start)
        if found is None or not _is_of_the_same(found, before.shape):
            continue
        if share_alike(before, after, found) >= _LEAST_ALIKE:
            return found, by
    return None


def _grey(picture: Picture, share: float) -> np.ndarray:
    grey = cv2.cvtColor(np.ascontiguousarray(picture.pixels[..., :3]), cv2.COLOR_RGB2GRAY)
    return _scaled(grey, share)


def _scaled(grey: np.ndarray, share: float) -> np.ndarray:
    return grey if share == 1 else cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


def _by_features(before: np.ndarray, after: np.ndarray) -> np.ndarray | None:
    sift = cv2.SIFT.create(_FEATURES)
    share = min(1.0, math.sqrt(_FEATURE_PIXELS / before.size))
    before, after = (_scaled(one, share) for one in (cv2.GaussianBlur(before, (0, 0), _AUTOENCODED_PX), after))
    (points, said), (points_after, said_after) = (sift.detectAndCompute(one, None) for one in (before, after))
    if said is None or said_after is None or len(said_after) < 2:
        return None
    pairs = [pair for pair in cv2.BFMatcher().knnMatch(said, said_after, k=2) if len(pair) == 2]
    good = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    if len(good) < _LEAST_AGREE:
        return None
    here = np.array([points[one.queryIdx].pt for one in good], np.float32)
    there = np.array([points_after[one.trainIdx].pt for one in good], np.float32)
    cv2.setRNGSeed(0)  # RANSAC draws: the same pictures give the same map
    found, agree = cv2.estimateAffinePartial2D(
        here, there, method=cv2.RANSAC, ransacReprojThreshold=_WITHIN_PX, maxIters=5000, confidence=0.999
    )
    if found is None or agree.sum() < max(_LEAST_AGREE, _LEAST_SHARE * len(good)):
        return None
    return found * [1, 1, 1 / share]


def _by_edges(before: np.ndarray, after: np.ndarray) -> np.ndarray | None:
    start = np.eye(2, 3, dtype=np.float32)
    try:
        everywhere = np.full(before.shape, 255, np.uint8)
        alike, found = cv2.findTransformECC(
            _edges(before), _edges(after), start, cv2.MOTION_AFFINE, _STEPS, everywhere, 5
        )
    except cv2.error:  # it did not come to an end
        return None
    return found.astype(np.float64) if alike >= _ALIKE else None


def _edges(grey: np.ndarray) -> np.ndarray:
    """The root of the gradients' lengths, so that faint edges count, too."""
    soft = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _EDGE_BLUR_PX)
    return np.sqrt(np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)))


def _is_of_the_same(found: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether a model that edits a picture may have moved it so."""
    zoom = math.sqrt(abs(float(np.linalg.det(found[:, :2]))))
    turn = math.degrees(math.atan2(float(found[1, 0]), float(found[0, 0])))
    middle = np.array([shape[1] / 2, shape[0] / 2, 1])
    shift = float(np.linalg.norm(found @ middle - middle[:2]))
    return 1 / _MOST_ZOOM < zoom < _MOST_ZOOM and abs(turn) < _MOST_TURN_DEG and shift < _MOST_SHIFT * max(shape[:2])


def _moved(colours: np.ndarray, to_new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    height, width = colours.shape[:2]
    back = cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(
        colours, to_new, (width, height), flags=cv2.INTER_CUBIC | back, borderMode=cv2.BORDER_REFLECT_101
    )
    everywhere = np.full((height, width), 255, np.uint8)
    inside = cv2.warpAffine(everywhere, to_new, (width, height), flags=cv2.INTER_NEAREST | back)
    return np.clip(moved, 0, 255), inside > 0
