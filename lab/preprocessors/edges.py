"""Edges and lines of photographs without any weights: canny, plain line art, a quick scribble."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np
from pydantic import Field

from lab.core.reporter import blur_reach_px, by_rows, with_rows_around
from lab.preprocessors.maps import preprocessor

_FAINTEST_LINE = 16
"""Contrast that becomes a line of half brightness in a picture that has no stronger one; as in controlnet_aux."""
_FINE, _COARSE = 0.5, 5.0
"""The two blurs whose difference is a scribble, in pixels; as in sd-webui-controlnet's XDoG."""


@preprocessor(kinds=["canny", "lines"], suits="photographs and renderings whose exact edges should stay")
def canny(
    image: np.ndarray,
    low_threshold: Annotated[int, Field(ge=1, le=500)] = 100,
    high_threshold: Annotated[int, Field(ge=1, le=500)] = 200,
) -> np.ndarray:
    """Thin edges, white on black, where brightness or colour changes fast.

    Args:
        image: the picture.
        low_threshold: an edge goes on while its contrast is above this.
        high_threshold: an edge begins where its contrast is above this; lower finds more.
    """
    return cv2.Canny(image, low_threshold, high_threshold)


@preprocessor(kinds=["lineart", "lines"], suits="photographs, drawings and scans, in a quick way")
def lineart_standard(
    image: np.ndarray,
    blur: Annotated[float, Field(ge=0.5, le=20, json_schema_extra={"step": 0.5})] = 6.0,
    threshold: Annotated[int, Field(ge=0, le=64)] = 8,
) -> np.ndarray:
    """Lines, white on black, where the picture is darker than its neighbourhood.

    Args:
        image: the picture.
        blur: size of the neighbourhood in pixels; larger gives broader lines.
        threshold: contrast below which a line does not count as typical.
    """

    def darker_than_around(image: np.ndarray) -> np.ndarray:
        light = image.astype(np.float32)
        return np.clip((cv2.GaussianBlur(light, (0, 0), blur) - light).min(axis=2), 0, 255)

    darker = with_rows_around(darker_than_around, image, blur_reach_px(blur))
    lines = darker[darker > threshold]
    typical = max(_FAINTEST_LINE, float(np.median(lines))) if lines.size else _FAINTEST_LINE
    return by_rows(lambda darker: np.clip(darker / typical * 127, 0, 255).astype(np.uint8), darker)


@preprocessor(kinds=["scribble", "lines"], suits="photographs that should only be followed roughly")
def scribble_xdog(image: np.ndarray, threshold: Annotated[int, Field(ge=1, le=64)] = 32) -> np.ndarray:
    """Bold strokes, white on black, around what is dark: a scribble without any weights.

    Args:
        image: the picture.
        threshold: contrast that makes a stroke; lower makes more.
    """

    def strokes(image: np.ndarray) -> np.ndarray:
        light = image.astype(np.float32)
        fine, coarse = (cv2.GaussianBlur(light, (0, 0), blur) for blur in (_FINE, _COARSE))
        darker = (coarse - fine).min(axis=2)
        return np.where(2 * darker > threshold, 255, 0).astype(np.uint8)

    return with_rows_around(strokes, image, blur_reach_px(_COARSE))
