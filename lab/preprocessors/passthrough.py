"""Maps that are the picture itself, hardly changed: threshold, invert, tile, blur, inpaint, none."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np
from pydantic import Field

from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.reporter import blur_reach_px, with_rows_around
from lab.preprocessors.maps import preprocessor
from lab.retouch.matting import alpha_resized


@preprocessor(kinds=["scribble", "lines"], suits="light drawings and shapes on a dark ground")
def threshold(image: np.ndarray, level: Annotated[int, Field(ge=0, le=255)] = 127) -> np.ndarray:
    """White where the picture is lighter than a level, black elsewhere.

    Args:
        image: the picture.
        level: brightness that still is black, of 255.
    """
    return np.where(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) > level, 255, 0).astype(np.uint8)


@preprocessor(
    kinds=["lineart", "lineart_anime", "scribble", "lines", "softedge"], suits="finished line drawings, dark on white"
)
def invert(image: np.ndarray) -> np.ndarray:
    """The negative: a drawing on white paper becomes light lines on black, with all its greys."""
    return 255 - image


@preprocessor(kinds=["tile"], suits="pictures that should keep their content and gain detail")
def tile(image: np.ndarray, reduce: Annotated[float, Field(ge=1, le=8)] = 1.0) -> np.ndarray:
    """The picture itself, with less detail if wanted, for a tile ControlNet to put new detail in.

    Args:
        image: the picture.
        reduce: how many times smaller the detail that stays; 1 keeps all.
    """
    height, width = image.shape[:2]
    if reduce == 1:
        return image
    small = (max(1, round(width / reduce)), max(1, round(height / reduce)))
    return cv2.resize(cv2.resize(image, small, interpolation=cv2.INTER_AREA), (width, height))


@preprocessor(kinds=["tile", "blur"], suits="keeping colours and large shapes only")
def blur(
    image: np.ndarray, radius: Annotated[float, Field(ge=0.5, le=64, json_schema_extra={"step": 0.5})] = 9.0
) -> np.ndarray:
    """The picture out of focus.

    Args:
        image: the picture.
        radius: of the blur in pixels, as a standard deviation.
    """
    return with_rows_around(lambda rows: cv2.GaussianBlur(rows, (0, 0), radius), image, blur_reach_px(radius))


@preprocessor(kinds=["inpaint"], suits="pictures with transparent parts, which are to be filled", keeps_alpha=True)
def inpaint(picture: Picture, size: Size) -> Picture:
    """The picture with what is more than half transparent as holes, which an inpaint ControlNet fills to fit the rest.

    Args:
        picture: any size.
        size: the size of the result; another shape stretches the picture.
    """
    if not picture.has_alpha:
        return picture.resized(size)
    colours = Picture(np.ascontiguousarray(picture.pixels[..., :3])).resized(size).pixels
    opaque = alpha_resized(picture, size)[..., None]
    return Picture(np.concatenate([colours, np.where(opaque < 128, 0, 255).astype(np.uint8)], axis=2))


@preprocessor(suits="pictures that are control maps already")
def none(image: np.ndarray) -> np.ndarray:
    """The picture as it is."""
    return image
