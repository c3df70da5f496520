"""From an image of any of Pillow's modes to RGB or RGBA in sRGB, 8 bits a channel; knows no files."""

from __future__ import annotations

import numpy as np
from PIL import ExifTags, Image, ImageOps

from lab.core.decoding.profiles import in_srgb, lab_as_rgb
from lab.core.errors import BadInput
from lab.core.geometry import Size

_ROWS_AT_ONCE = 256
_SIXTEEN_BITS = 65535
_FLAT = {"RGBa": "RGBA", "La": "LA"}
"""Modes in which colours are multiplied by alpha, and what they are without."""
_SCALABLE = ("L", "RGB", "RGBA", "CMYK")
"""Modes that Pillow scales as they are and well: palettes it scales by the nearest neighbour, 16 bits not at all."""
SHRINKING = Image.Resampling.HAMMING
"""What makes large files smaller: nearly as sharp as Lanczos, in half of the time (Pillow's handbook, "Filters")."""


def rgb_pixels(image: Image.Image, longest_px: int | None = None) -> np.ndarray:
    """The pixels as they are meant: (h, w, 3 or 4) uint8, sRGB, straight alpha; turned as EXIF says.

    An embedded colour profile is followed. Grey of 16 bits keeps its range; of 32 bits and of floats, see
    `_levels_of_numbers`.

    Args:
        image: of any mode.
        longest_px: what needs no side beyond this may come so small: it is scaled before all else, which costs the
            least. Not every mode can be, so that the pixels may still be more.

    Raises:
        ValueError: when it holds numbers of which nobody knows how light they are, or its profile is broken.
    """
    if longest_px is not None and image.mode in _SCALABLE and max(image.size) > longest_px:
        image = _scaled(image, longest_px)
    if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:  # else it is a copy, of 256 MB at most
        image = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    if image.mode in _FLAT:
        image = image.convert(_FLAT[image.mode])
    if image.mode.startswith("I;16"):  # Pillow cuts all above 255 off, which leaves a depth map white
        image = _grey(np.asarray(image).astype(np.float32) / 257)
    elif image.mode in ("I", "F"):
        image = _grey(_levels_of_numbers(np.asarray(image)))
    elif image.mode == "LAB":
        return lab_as_rgb(image)
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    if profile:
        return in_srgb(image, profile, has_alpha=has_alpha)
    mode = "RGBA" if has_alpha else "RGB"
    return np.asarray(image if image.mode == mode else image.convert(mode))


def _scaled(image: Image.Image, longest_px: int) -> Image.Image:
    """The image with its longer side of that many pixels; it is turned as before."""
    if "transparency" in image.info:  # a colour that stands for nothing, which scaling would mix with others
        return image
    scaled = image.resize(Size(*image.size).fitted_into(Size(longest_px, longest_px)), SHRINKING)
    orientation = ExifTags.Base.Orientation
    scaled.getexif()[orientation] = image.getexif().get(orientation, 1)  # which a TIFF keeps elsewhere
    return scaled


def floats_as_levels(array: np.ndarray) -> np.ndarray:
    """Floats in 0..1 as uint8, some rows at a time: floats take eight times the room.

    Raises:
        BadInput: when they lie elsewhere.
    """
    levels = np.empty(array.shape, np.uint8)
    for top in range(0, len(array), _ROWS_AT_ONCE):
        part = array[top : top + _ROWS_AT_ONCE]
        if not (np.isfinite(part).all() and part.min() >= 0 and part.max() <= 1):
            msg = "an array of floats must lie between 0 and 1 to be a picture; use uint8 for 0..255"
            raise BadInput(msg)
        levels[top : top + _ROWS_AT_ONCE] = np.rint(part * 255)
    return levels


def _levels_of_numbers(numbers: np.ndarray) -> np.ndarray:
    """Grey of 32 bits, which carries no word of its white: floats are 0..1, all else 0..255 or 0..65535.

    What goes beyond 1, or beyond 255, is taken for the next larger range.

    Raises:
        ValueError: when the numbers lie in none of these ranges.
    """
    low, high = float(numbers.min()), float(numbers.max())
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > _SIXTEEN_BITS:
        msg = f"its grey of {numbers.dtype} goes from {low:g} to {high:g}, not to 1, 255 or {_SIXTEEN_BITS}"
        raise ValueError(msg)
    if high <= 1 and numbers.dtype.kind == "f":
        return floats_as_levels(numbers)
    return numbers if high <= 255 else numbers.astype(np.float32) / 257


def _grey(levels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.rint(levels).astype(np.uint8))
