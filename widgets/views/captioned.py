"""A picture with a line of words below it, and what the browser gets of a picture; knows no job."""

from __future__ import annotations

import html

from ipywidgets import Layout

from lab.core.events import Result
from lab.core.geometry import Size
from lab.core.picture import Picture, PictureLike
from widgets.base.bare import HTML, Image, VBox
from widgets.base.image_codec import webp_of

_LARGEST_PX = 512
"""The browser gets no more than this of each picture: a sheet is for comparing, the gallery keeps the picture."""


def captioned(words: str, picture: Result | PictureLike, side_px: int) -> VBox:
    """One picture with its words, fitted into a square of that side."""
    width = f"{side_px}px"
    image = Image(value=shown(picture), format="webp", layout=_fitted(width))
    said = HTML(caption(words), layout=Layout(width=width, margin="4px 0 0 0"))
    return VBox([image, said], layout=Layout(width=width))


def caption(words: str) -> str:
    """A line of words, in small print, as HTML; what is in the words is escaped."""
    return f'<span style="font-size:12px;line-height:1.3;display:block">{html.escape(words)}</span>'


def picture_in(given: Result | PictureLike) -> Picture:
    """The picture of a result, or the one that can be made of what was given."""
    return given.picture if isinstance(given, Result) else Picture.of(given)


def shown(given: Result | PictureLike) -> bytes:
    """The picture on white, encoded for the browser, at most 512 pixels wide and high."""
    made = picture_in(given).on_white()
    largest = Size(_LARGEST_PX, _LARGEST_PX)
    if max(made.size) > _LARGEST_PX:
        made = made.resized(made.size.fitted_into(largest))
    return webp_of(made)


def _fitted(width: str) -> Layout:
    """A square with an edge of its own: many pictures are white up to theirs."""
    edge = "1px solid var(--jp-border-color2)"
    return Layout(width=width, height=width, object_fit="contain", margin="0", border=edge)
