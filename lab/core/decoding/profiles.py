"""Colours through their embedded ICC profile into sRGB, by Little CMS as Pillow has it."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_AS_SRGB = 1
"""A profile by which no colour moves by more than so many levels is sRGB's: then every pixel stays as it is."""
_GRID = 9
"""So many levels of each channel are tried for that."""
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""The colour space of a profile, as ICC.1 calls it, and the mode of the images that it speaks of."""
_MODES = {"1": "L", "L": "L", "LA": "L", "CMYK": "CMYK"}
"""The modes of images, and in which of those the colours are; RGB in all others."""
_PROFILES_KEPT = 8
_BROKEN = "its colour profile is broken"


def in_srgb(image: Image.Image, profile: bytes, *, has_alpha: bool) -> np.ndarray:
    """The pixels of an image whose colours are meant in this profile: (h, w, 3 or 4) uint8, sRGB, straight alpha.

    By the perceptual intent, which is for pictures, and is ImageCms's own choice. A profile that is for colours of
    another kind than the image has, such as one of RGB on a grey image, is left out, as browsers do.

    Raises:
        ValueError: when the profile is broken.
    """
    source = _opened(profile)
    kind = _SPACES.get(profile[16:20].decode("ascii", "replace").strip())  # ICC.1, 7.2.6: the colour space
    mode = _MODES.get(image.mode, "RGB")
    alpha = image.convert("RGBA").getchannel("A") if has_alpha else None
    plain = image.convert("RGBA").convert("RGB") if mode == "RGB" and image.mode != "RGB" else image
    colours = plain if plain.mode == mode else plain.convert(mode)
    if kind != mode or (mode == "RGB" and _is_srgb(profile)):
        colours = colours.convert("RGB")
    else:
        colours = _transform(source, mode).apply(colours)
    if alpha is not None:
        colours.putalpha(alpha)
    return np.asarray(colours)


def lab_as_rgb(image: Image.Image) -> np.ndarray:
    """The pixels of an image in CIELAB, of D50 as in ICC profiles and TIFF: (h, w, 3) uint8, sRGB."""
    return np.asarray(_transform(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), "LAB").apply(image))


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ImageCms.PyCMSError) as error:
        raise ValueError(_BROKEN) from error


def _transform(source: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    """From the source's colours to sRGB.

    Raises:
        ValueError: when the profile cannot be read from.
    """
    try:
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        return ImageCms.ImageCmsTransform(source, srgb, mode, "RGB", ImageCms.Intent.PERCEPTUAL)
    except (OSError, ImageCms.PyCMSError) as error:
        raise ValueError(_BROKEN) from error


@lru_cache(_PROFILES_KEPT)
def _is_srgb(profile: bytes) -> bool:
    """Whether a profile leaves all colours where sRGB has them: pictures would only lose by being converted."""
    levels = np.linspace(0, 255, _GRID).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(_GRID, -1, 3)
    moved = np.asarray(_transform(_opened(profile), "RGB").apply(Image.fromarray(grid)))
    return int(np.abs(moved.astype(int) - grid).max()) <= _AS_SRGB
