"""The algebra of masks: grow, shrink, feather, invert, combine. Grey levels count everywhere.

Every function takes a `Mask` or an array of floats, height x width, 0..1, and answers in kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.geometry import Box, Size
from lab.core.picture import Mask
from lab.core.reporter import check_wanted
from lab.retouch.morphology.discs import box_around, dilated, eroded
from lab.retouch.morphology.holes import without_holes

MAX_REACH_PX = 1024
"""The farthest that a mask grows, shrinks or feathers in one go."""

FAINT = 8
"""A level up to this, of 255, changes a picture by less than is seen: a thirtieth of what is drawn."""
_FINE_FADE_PX = 48
"""A feather of twice this width or more is made on pixels that are so many times larger."""

AnyMask = TypeVar("AnyMask", Mask, np.ndarray)


def grow(mask: AnyMask, px: int) -> AnyMask:
    """The mask, wider by `px` pixels on every side, corners rounded; grey edges stay grey and move outward.

    Raises:
        BadInput: when `px` is negative or more than `MAX_REACH_PX`.
    """
    _check_reach(px)
    return _levels_through(mask, lambda levels: dilated(levels, px, _full(levels)))


def shrink(mask: AnyMask, px: int) -> AnyMask:
    """The mask, narrower by `px` pixels, except where it touches the picture's border; raises as `grow`."""
    _check_reach(px)
    return _levels_through(mask, lambda levels: eroded(levels, px, _full(levels)))


def feather(mask: AnyMask, px: int) -> AnyMask:
    """The mask with a soft edge that fades to nothing within `px` pixels *outside* it; raises as `grow`.

    No pixel becomes less opaque than it was.
    """
    _check_reach(px)
    if px == 0:
        return mask
    reach, fade = px // 2, px - px // 2

    def feathered(levels: np.ndarray) -> np.ndarray:
        wide = dilated(levels, reach, _full(levels))
        return np.maximum(_faded(wide, fade), levels)

    return _levels_through(mask, feathered)


def inverted(mask: AnyMask) -> AnyMask:
    """Masked where it was not, and the other way round."""
    return _levels_through(mask, lambda levels: _full(levels) - levels)


def thresholded(mask: AnyMask, level: float = 0.5) -> AnyMask:
    """Fully masked where the mask is at least `level` (0..1, above 0), elsewhere not at all.

    Raises:
        BadInput: when the level is out of range.
    """
    if not 0 < level <= 1:
        msg = f"the level of a threshold must be above 0 and at most 1, not {level!r}"
        raise BadInput(msg)
    return _levels_through(mask, lambda levels: np.where(levels >= level * _full(levels), _full(levels), 0))


def holes_filled(mask: AnyMask) -> AnyMask:
    """The mask with everything that it encloses; in a grey mask, up to the weakest spot of the ring around a hole.

    A bay that is open to the picture's border is no hole.
    """
    return _levels_through(mask, lambda levels: without_holes(levels, _full(levels)))


def union(first: AnyMask, second: AnyMask) -> AnyMask:
    """Masked where either is.

    Raises:
        BadInput: when the masks differ in size.
    """
    return _combined(first, second, np.maximum)


def intersection(first: AnyMask, second: AnyMask) -> AnyMask:
    """Masked where both are; raises as `union`."""
    return _combined(first, second, np.minimum)


def difference(first: AnyMask, second: AnyMask) -> AnyMask:
    """Masked where the first is and the second is not; raises as `union`."""
    return _combined(first, second, lambda one, other: np.minimum(one, _full(other) - other))


def mask_resized(mask: AnyMask, size: Size) -> AnyMask:
    """The mask at another size: averaged when smaller, interpolated when larger; the same when the size is the same."""
    height, width = _levels(mask).shape
    if size == (width, height):
        return mask
    smaller = size.width <= width and size.height <= height
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return _levels_through(mask, lambda levels: cv2.resize(levels, size, interpolation=way))


def visible(mask: Mask) -> Mask:
    """The mask without levels that nobody sees, such as the noise of a JPEG: they decide nothing."""
    if not ((mask.pixels > 0) & (mask.pixels <= FAINT)).any():
        return mask
    return Mask(np.where(mask.pixels > FAINT, mask.pixels, 0).astype(np.uint8))


def mask_bounds(mask: Mask | np.ndarray) -> Box:
    """The smallest box around everything that is masked, however faintly; empty when nothing is."""
    return box_around(_levels(mask) != 0, 0)


def shares(mask: Mask) -> np.ndarray:
    """The mask as floats, height x width, 0..1."""
    return mask.pixels.astype(np.float32) / 255


def mask_of(levels: np.ndarray) -> Mask:
    """The mask of an array of floats, height x width; what lies outside 0..1 is clipped."""
    return Mask(np.rint(np.clip(levels, 0, 1) * 255).astype(np.uint8))


def check_same_size(mask: Mask, size: Size, what: str = "the picture") -> None:
    """Refuse a mask of another size.

    Raises:
        BadInput: names both sizes.
    """
    if mask.size != size:
        msg = f"the mask is {mask.size} and {what} is {size}: they must be the same size"
        raise BadInput(msg)


def _check_reach(px: int) -> None:
    if not 0 <= px <= MAX_REACH_PX:
        msg = f"a mask grows, shrinks and feathers by 0 to {MAX_REACH_PX} pixels, not {px!r}"
        raise BadInput(msg)


def _levels(mask: Mask | np.ndarray) -> np.ndarray:
    """The levels of a mask, checked.

    Raises:
        BadInput: when an array is not one of floats, height x width, 0..1.
    """
    if isinstance(mask, Mask):
        return mask.pixels
    if mask.ndim != 2 or not np.issubdtype(mask.dtype, np.floating) or not mask.size:
        msg = f"a mask is a Mask, or floats, height x width; this array is {mask.dtype}, shape {mask.shape}"
        raise BadInput(msg)
    if not (np.isfinite(mask).all() and mask.min() >= 0 and mask.max() <= 1):
        msg = "a mask of floats must lie between 0 and 1"
        raise BadInput(msg)
    return mask


def _levels_through(mask: AnyMask, change: Callable[[np.ndarray], np.ndarray]) -> AnyMask:
    check_wanted()
    levels = _levels(mask)
    changed = change(levels).astype(levels.dtype, copy=False)
    if isinstance(mask, Mask):
        return Mask(changed)
    return changed


def _faded(levels: np.ndarray, px: int) -> np.ndarray:
    """The levels, blurred by a Gaussian that ends at `px` pixels; a wide one on fewer pixels, at the same cost."""
    coarser = px // _FINE_FADE_PX
    if coarser < 2:
        return cv2.GaussianBlur(levels, (2 * px + 1, 2 * px + 1), px / 2, borderType=cv2.BORDER_REPLICATE)
    height, width = levels.shape
    small = cv2.resize(levels, (-(-width // coarser), -(-height // coarser)), interpolation=cv2.INTER_AREA)
    faded = _faded(small, px // coarser - 1)  # one less: a coarse pixel may lie across the mask's edge
    return cv2.resize(faded, (width, height), interpolation=cv2.INTER_LINEAR)


def _combined(first: AnyMask, second: AnyMask, combine: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> AnyMask:
    other = _levels(second)
    if _levels(first).shape != other.shape:
        sizes = [Size(levels.shape[1], levels.shape[0]) for levels in (_levels(first), other)]
        msg = f"masks of {sizes[0]} and {sizes[1]} cannot be combined: they must be the same size"
        raise BadInput(msg)
    return _levels_through(first, lambda levels: combine(levels, other))


def _full(levels: np.ndarray) -> int:
    """The level of a fully masked pixel."""
    return 255 if levels.dtype == np.uint8 else 1
