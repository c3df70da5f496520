"""A part of a picture goes to a model and comes back: cut out, redrawn elsewhere, pasted in without a trace.

What the paste mask leaves out comes back bit by bit as it was. Knows no models, only the size they work at.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.geometry import Box, Size
from lab.core.picture import Mask, Picture
from lab.core.reporter import blur_reach_px, by_rows, check_wanted, with_rows_around
from lab.retouch.colours import matched, statistics, to_lab, to_rgb
from lab.retouch.context import context_box
from lab.retouch.masks import check_same_size, feather, grow, holes_filled, mask_resized, union, visible
from lab.retouch.pull_push import spread

_AT_ITS_OWN_SIZE = (0.7, 1.5)
"""A box whose number of pixels is between these multiples of the model's native one is redrawn at its own size."""
_RING_PX = 48
"""How far around what is redrawn colours are compared, before and after."""
_DRIFT_BLUR_PX = 2
"""Details smaller than this are the picture's, not a drift of its colours."""
_LARGEST_DRIFT = 25.0
"""Colours that differ by more than this, in units of CIELAB, were redrawn: that is no drift."""
_LARGEST_GAIN = 1.3
"""Contrast drifts by a few percent; a stretch beyond this would be a guess."""


@dataclass(frozen=True)
class InpaintArea:
    """What will happen to a picture: all that a painter can show before it does. Masks have the picture's size.

    Args:
        user: what was painted; with its holes filled when that was asked for.
        denoise: what the model redraws; grey where it redraws less. Nowhere less than what is pasted.
        paste: what is taken over from the model's picture; where this is 0, no bit of the picture changes.
        box: the part of the picture that the model sees.
        size: the size at which the model works on the box.
        resampled: whether the box is scaled to that size; otherwise its border is repeated up to it, by less than one
            multiple, and nothing is resampled anywhere.
    """

    user: Mask
    denoise: Mask
    paste: Mask
    box: Box
    size: Size
    resampled: bool

    def crop(self, picture: Picture) -> Picture:
        """The model's part of this picture, at the model's size, on white; for control maps of the picture as well.

        Raises:
            BadInput: when the picture has another size than the mask.
        """
        check_same_size(self.user, picture.size)
        part = Picture(_cut(picture.pixels, self.box)).on_white()
        return part.resized(self.size) if self.resampled else part.padded(self.size)

    def crop_mask(self) -> Mask:
        """The model's part of the mask to denoise, at the model's size."""
        part = Mask(_cut(self.denoise.pixels, self.box))
        if self.resampled:
            return mask_resized(part, self.size)
        return Mask(part.to_picture().padded(self.size).pixels[..., 0])


def inpaint_area(
    mask: Mask,
    *,
    native: Size,
    multiple: int = 8,
    grow_px: int = 0,
    feather_px: int = 0,
    padding: int | None = None,
    fill_holes: bool = False,
) -> InpaintArea:
    """Where a picture with this mask is redrawn, where the result is pasted, and what the model sees.

    With `feather_px=0` nothing outside the painted mask changes. A feather softens the seam by fading into the
    surroundings: then the paste mask is wider than the painted one by so much. What was painted is always pasted at
    least as opaquely as it was painted; levels too faint to be seen are not painted.

    Args:
        mask: what was painted; the size of the picture.
        native: the size that the model knows best.
        multiple: what the sides of the model's pictures are multiples of.
        grow_px: how much farther than it is pasted the picture is redrawn, so that the seam lies in what is new.
        feather_px: how far the pasted part fades into its surroundings.
        padding: pixels of context around it; None is chosen by the size of the mask.
        fill_holes: whether what the mask encloses counts as painted.

    Raises:
        BadInput: when the mask is empty or a number is out of range.
    """
    user = visible(holes_filled(mask) if fill_holes else mask)
    paste = feather(user, feather_px)
    denoise = union(grow(user, feather_px + grow_px), paste)
    box = context_box(denoise, mask.size, padding=padding, multiple=multiple, native=native)
    share = box.size.pixels / native.pixels
    if _AT_ITS_OWN_SIZE[0] <= share <= _AT_ITS_OWN_SIZE[1]:
        whole = Size(*(-(-side // multiple) * multiple for side in box.size))
        return InpaintArea(user, denoise, paste, box, whole, resampled=False)
    return InpaintArea(
        user, denoise, paste, box, box.size.with_pixels(native.pixels).multiple_of(multiple), resampled=True
    )


def stitch(picture: Picture, area: InpaintArea, redrawn: Picture, *, match_colours: bool = True) -> Picture:
    """The picture with the redrawn part pasted in; outside `area.paste` it is the same bit by bit.

    Models drift in colour, everywhere and slowly over the picture. What they drew where nothing should change tells by
    how much, and the pasted part is corrected by it.

    Args:
        picture: the whole picture, as it was when the area was cropped.
        area: the area that was redrawn.
        redrawn: the model's picture of it, of the size `area.size`.
        match_colours: whether to correct drifting colours by the ring around the mask, where nothing is redrawn.

    Raises:
        BadInput: when the picture or the redrawn part has the wrong size.
    """
    handed_out = area.crop(picture)
    if redrawn.size != area.size:
        msg = f"the redrawn part is {redrawn.size}, and should be {area.size}"
        raise BadInput(msg)
    if redrawn == handed_out:
        return picture
    check_wanted()
    old = Picture(_cut(picture.pixels, area.box)).on_white().pixels
    check_wanted()
    colours = by_rows(lambda rows: rows.astype(np.float32), redrawn.on_white().pixels)
    if area.resampled:
        larger = area.box.size.pixels > area.size.pixels
        # In floats: rounding here would be seen as steps in smooth skies.
        colours = cv2.resize(colours, area.box.size, interpolation=cv2.INTER_CUBIC if larger else cv2.INTER_AREA)
        colours = by_rows(lambda rows: np.clip(rows, 0, 255), colours)
    colours = colours[: old.shape[0], : old.shape[1]]
    if match_colours:
        colours = _without_drift(colours, old, _cut(area.denoise.pixels, area.box))
    return _pasted(picture, area, old, colours)


def _pasted(picture: Picture, area: InpaintArea, old: np.ndarray, new: np.ndarray) -> Picture:
    check_wanted()
    pixels = picture.pixels.copy()
    part = _cut(pixels, area.box)

    def blended(own: np.ndarray, old: np.ndarray, new: np.ndarray, paste: np.ndarray) -> np.ndarray:
        share = paste[..., None].astype(np.float32) / 255
        colours = np.rint(np.clip(old + share * (new - old), 0, 255)).astype(np.uint8)
        alpha = own[..., 3:].astype(np.float32)
        alpha = np.rint(alpha + share * (255 - alpha)).astype(np.uint8)
        return np.concatenate([np.where(share > 0, colours, own[..., :3]), alpha], axis=-1)

    part[...] = by_rows(blended, part, old, new, _cut(area.paste.pixels, area.box))
    return Picture(pixels)


def _without_drift(new: np.ndarray, old: np.ndarray, denoise: np.ndarray) -> np.ndarray:
    """The redrawn colours, corrected by how they differ from the old ones where nothing was to be redrawn."""
    kept = denoise == 0
    near = grow(Mask(np.where(kept, 0, 255).astype(np.uint8)), _RING_PX).pixels > 0
    old_lab = to_lab(old)
    new_lab = by_rows(lambda new: cv2.cvtColor(new / 255, cv2.COLOR_RGB2LAB), new)
    alike = by_rows(lambda old, new: np.linalg.norm(old - new, axis=-1) < _LARGEST_DRIFT, old_lab, new_lab)
    ring = (kept & near & alike).astype(np.float32)
    if ring.sum() < 0.5 * (kept & near).sum() or not ring.any():
        return new
    check_wanted()
    moved = matched(new_lab, statistics(new_lab, ring), statistics(old_lab, ring), largest_gain=_LARGEST_GAIN)
    off = by_rows(lambda old, moved, ring: (old - moved) * ring[..., None], old_lab, moved, ring)
    check_wanted()
    off, around = _blurred(off), _blurred(ring)
    rest = by_rows(lambda off, around: off / np.maximum(around, 1e-3)[..., None], off, around)

    def corrected(new: np.ndarray, moved: np.ndarray, drift: np.ndarray, new_lab: np.ndarray) -> np.ndarray:
        return new + to_rgb(moved + drift) - to_rgb(new_lab)

    return by_rows(corrected, new, moved, spread(rest, ring), new_lab)


def _blurred(values: np.ndarray) -> np.ndarray:
    reach = blur_reach_px(_DRIFT_BLUR_PX)
    return with_rows_around(lambda rows: cv2.GaussianBlur(rows, (0, 0), _DRIFT_BLUR_PX), values, reach)


def _cut(pixels: np.ndarray, box: Box) -> np.ndarray:
    return pixels[box.top : box.bottom, box.left : box.right]
